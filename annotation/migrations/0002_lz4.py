"""Texts are most of the database: lz4 packs them several times faster than PostgreSQL's default."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

COLUMNS = [
    ("annotation_comparison", "prompt"),
    ("annotation_comparison", "metadata"),
    ("annotation_response", "messages"),
    ("annotation_response", "context"),
    ("annotation_rendering", "content"),
    ("annotation_judgecall", "request"),
]


def compress(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # PostgreSQL before 14, or built without lz4, keeps its default.
        cursor.execute("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
        row = cursor.fetchone()
        if row is None or "lz4" not in row[0]:
            return
    for table, column in COLUMNS:
        schema_editor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET COMPRESSION lz4')


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_initial")]

    operations = [migrations.RunPython(compress, migrations.RunPython.noop)]
