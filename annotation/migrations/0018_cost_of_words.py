from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# PostgreSQL takes to_tsvector for as cheap as a comparison of two numbers, and would rather read a million texts
# than ask the index for a rare word. A function of our own says what it costs; plpgsql, because a function in
# SQL is put in its place and its cost forgotten.
COSTLY = """
CREATE FUNCTION search_words(text text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS
$$ BEGIN RETURN to_tsvector('simple', text); END $$;
DROP INDEX search_text_words;
CREATE INDEX search_text_words ON annotation_searchtext USING gin (search_words(text))
"""
CHEAP = """
DROP INDEX search_text_words;
CREATE INDEX search_text_words ON annotation_searchtext USING gin (to_tsvector('simple', text));
DROP FUNCTION search_words(text)
"""


def say_cost(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(COSTLY)


def forget_cost(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CHEAP)


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0017_tags_by_judges'),
    ]

    operations = [
        migrations.RunPython(say_cost, forget_cost),
    ]
