from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The words of a text are worked out once, when it is written: asking thousands of texts for a word takes a
# hundredth of the time that splitting them into words takes.
KEPT = """
DROP INDEX search_text_words;
DROP FUNCTION search_words(text);
ALTER TABLE annotation_searchtext
    ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED;
CREATE INDEX search_text_words ON annotation_searchtext USING gin (words)
"""
MADE_ANEW = """
DROP INDEX search_text_words;
ALTER TABLE annotation_searchtext DROP COLUMN words;
CREATE FUNCTION search_words(text text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS
$$ BEGIN RETURN to_tsvector('simple', text); END $$;
CREATE INDEX search_text_words ON annotation_searchtext USING gin (search_words(text))
"""


def keep(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KEPT)


def make_anew(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(MADE_ANEW)


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0019_decision_labels'),
    ]

    operations = [
        migrations.RunPython(keep, make_anew),
    ]
