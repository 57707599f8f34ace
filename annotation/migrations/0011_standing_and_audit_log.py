import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# SQLite has no TRUNCATE, so there the tables of a test are emptied by DELETE; rows are guarded against changes.
SQLITE = """
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON annotation_auditentry
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END
"""
POSTGRESQL = """
CREATE FUNCTION audit_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is never changed'; END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON annotation_auditentry
FOR EACH ROW EXECUTE FUNCTION audit_is_never_changed()
"""


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def leave(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION audit_is_never_changed() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER audit_is_never_changed")


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0010_panels'),
    ]

    operations = [
        migrations.AddField(
            model_name='annotator',
            name='excluded_at',
            field=models.DateTimeField(blank=True, help_text='Is lent nothing, and what they said is kept but counts in no figure.', null=True),
        ),
        migrations.AddField(
            model_name='annotator',
            name='paused_at',
            field=models.DateTimeField(blank=True, help_text='Is lent nothing new; what is in hand may be finished, and counts.', null=True),
        ),
        migrations.AddField(
            model_name='annotator',
            name='told',
            field=models.CharField(blank=True, help_text='Why they are paused or excluded, as they read it themselves.', max_length=500),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project_slug', models.SlugField(max_length=80)),
                ('actor_name', models.CharField(help_text="Empty: the project's rules, not a person.", max_length=200)),
                ('act', models.SlugField(help_text='Such as pause, exclude, settings.', max_length=40)),
                ('target', models.CharField(blank=True, help_text='What it was done to, as it was called.', max_length=200)),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, default=dict)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='acts', to=settings.AUTH_USER_MODEL)),
                ('annotator', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_entries', to='annotation.annotator')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_entries', to='annotation.project')),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'indexes': [models.Index(fields=['project', 'id'], name='audit_by_project')],
            },
        ),
        migrations.RunPython(guard, leave),
    ]
