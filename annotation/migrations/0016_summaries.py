import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def index_words(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What `annotation.searching` asks for. Texts have 2,000 characters at most, far below the limit."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX search_text_words ON annotation_searchtext USING gin (to_tsvector('simple', text))"
        )


def forget_words(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX search_text_words")


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0015_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('comparison', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search_text', serialize=False, to='annotation.comparison')),
                ('text', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='SummaryMark',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='annotation.project')),
                ('comparisons', models.BigIntegerField(default=0)),
                ('labels', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Figures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=40)),
                ('content', models.JSONField(default=dict)),
                ('seconds', models.FloatField()),
                ('computed_at', models.DateTimeField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.project')),
            ],
            options={
                'verbose_name_plural': 'figures',
                'constraints': [models.UniqueConstraint(fields=('project', 'name'), name='figures_once')],
            },
        ),
        migrations.CreateModel(
            name='Summary',
            fields=[
                ('comparison', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='summary', serialize=False, to='annotation.comparison')),
                ('source', models.PositiveSmallIntegerField(choices=[(0, 'Nobody'), (1, 'People'), (2, 'Judges'), (3, 'Both')], default=0)),
                ('category', models.CharField(blank=True, help_text="The comparison's own.", max_length=200)),
                ('people_differ', models.PositiveSmallIntegerField(default=0, help_text='Per cent of the pairs of people whose answers differ, where most do.')),
                ('judges_differ', models.PositiveSmallIntegerField(default=0, help_text='Per cent of the pairs of a person and a judge whose answers differ.')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.project')),
            ],
            options={
                'verbose_name_plural': 'summaries',
                'indexes': [models.Index(fields=['project', 'source', 'comparison'], name='summary_by_source'), models.Index(fields=['project', 'category', 'comparison'], name='summary_by_category'), models.Index(condition=models.Q(('source__gt', 0)), fields=['project', 'comparison'], name='summary_labelled'), models.Index(condition=models.Q(('people_differ__gt', 0)), fields=['project', 'comparison'], name='summary_people_differ'), models.Index(condition=models.Q(('judges_differ__gt', 0)), fields=['project', 'comparison'], name='summary_judges_differ')],
            },
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=["comparison"], condition=models.Q(('purpose', 'adjudication')), name='assignment_adjudication'),
        ),
        migrations.RunPython(index_words, forget_words),
    ]
