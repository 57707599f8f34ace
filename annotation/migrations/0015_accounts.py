import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# One change is let through: that of an erased person's name into what stands in its place.
ERASED = "Erased person"
KEPT = (
    *("id", "project_id", "project_slug", "act", "annotator_id"),
    *("before", "after", "reason", "created_at"),
)
SQLITE = f"""
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON annotation_auditentry
WHEN NOT ({" AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in KEPT)}
    AND (NEW.target = OLD.target OR NEW.target = '{ERASED}')
    AND (NEW.actor_name = OLD.actor_name OR NEW.actor_name = '{ERASED}')
    AND (NEW.actor_id IS OLD.actor_id OR NEW.actor_id IS NULL))
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END
"""
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION audit_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF TG_OP = 'UPDATE'
    AND {" AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in KEPT)}
    AND (NEW.target = OLD.target OR NEW.target = '{ERASED}')
    AND (NEW.actor_name = OLD.actor_name OR NEW.actor_name = '{ERASED}')
    AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id OR NEW.actor_id IS NULL)
THEN RETURN NEW; END IF;
RAISE EXCEPTION 'the audit log is never changed';
END $$
"""


def let_erase(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
    else:
        schema_editor.execute("DROP TRIGGER audit_is_never_changed")
        schema_editor.execute(SQLITE)


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0014_uploads_and_project_states'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='identity_leaks',
            field=models.CharField(choices=[('accept', 'accept'), ('mask', 'mask'), ('exclude', 'exclude')], default='accept', help_text='What becomes of responses that name their model or maker: lent as they are and listed, masked, or kept out.', max_length=7),
        ),
        migrations.AddField(
            model_name='project',
            name='labels_per_person',
            field=models.PositiveIntegerField(blank=True, help_text='Most comparisons that one person answers here. Empty: as many as there are.', null=True, validators=[django.core.validators.MinValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='project',
            name='minimum_hourly_pay',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='What an hour of active time should pay at least, by the median. Empty: none is stated.', max_digits=10, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))]),
        ),
        migrations.AddField(
            model_name='project',
            name='profile',
            field=models.JSONField(blank=True, default=list, help_text='Optional questions about a person: {name, question, answers}.'),
        ),
        migrations.AddField(
            model_name='user',
            name='username',
            field=models.CharField(blank=True, help_text='Signs in like the e-mail address. Empty: the address alone does.', max_length=60, null=True, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9][a-z0-9._-]*\\Z', 'Small letters, digits, dots, hyphens.')]),
        ),
        migrations.AlterField(
            model_name='user',
            name='email',
            field=models.EmailField(blank=True, max_length=254, null=True, unique=True),
        ),
        migrations.CreateModel(
            name='CrowdLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='For whom it is, as the owner remembers it.', max_length=120)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('places', models.PositiveIntegerField(default=1, help_text='How many people it lets in.')),
                ('taken', models.PositiveIntegerField(default=0)),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('id_parameter', models.CharField(default='PROLIFIC_PID', max_length=40)),
                ('study_parameter', models.CharField(blank=True, default='STUDY_ID', max_length=40)),
                ('session_parameter', models.CharField(blank=True, default='SESSION_ID', max_length=40)),
                ('return_url', models.CharField(max_length=200, blank=True, default='https://app.prolific.com/submissions/complete', help_text='Where people go back to. Empty: nowhere, they are thanked.')),
                ('completed_code', models.CharField(blank=True, max_length=60)),
                ('screened_out_code', models.CharField(blank=True, max_length=60)),
                ('quota_full_code', models.CharField(blank=True, max_length=60)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pool', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.pool')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='annotation.project')),
            ],
        ),
        migrations.CreateModel(
            name='IdentityLeak',
            fields=[
                ('response', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='identity_leak', serialize=False, to='annotation.response')),
                ('found', models.JSONField(help_text='What gives it away: a list of {message, start, end, kind, text}.')),
                ('state', models.CharField(choices=[('found', 'Found'), ('accepted', 'Accepted'), ('masked', 'Masked'), ('excluded', 'Excluded')], default='found', max_length=8)),
                ('original', models.JSONField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='identity_leaks_found', to='annotation.project')),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='For whom it is, as the owner remembers it.', max_length=120)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('places', models.PositiveIntegerField(default=1, help_text='How many people it lets in.')),
                ('taken', models.PositiveIntegerField(default=0)),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('reviewer', 'Reviewer'), ('annotator', 'Annotator'), ('viewer', 'Viewer')], default='annotator', max_length=9)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pool', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.pool')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='annotation.project')),
            ],
        ),
        migrations.CreateModel(
            name='Participation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('study_id', models.CharField(blank=True, max_length=200)),
                ('session_id', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(choices=[('active', 'Active'), ('completed', 'Completed'), ('screened_out', 'Screened Out'), ('returned', 'Returned')], default='active', max_length=12)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('annotator', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='participation', to='annotation.annotator')),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='participations', to='annotation.crowdlink')),
            ],
        ),
        migrations.CreateModel(
            name='ProfileAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.SlugField(max_length=60)),
                ('answer', models.CharField(blank=True, help_text='Empty: rather not said.', max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='profile_answers', to='annotation.annotator')),
            ],
        ),
        migrations.AddConstraint(
            model_name='crowdlink',
            constraint=models.CheckConstraint(condition=models.Q(('taken__lte', models.F('places'))), name='crowd_link_never_overdrawn'),
        ),
        migrations.AddIndex(
            model_name='identityleak',
            index=models.Index(fields=['project', 'state', 'response'], name='leak_by_project'),
        ),
        migrations.AddConstraint(
            model_name='identityleak',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['found', 'accepted', 'masked', 'excluded'])), name='leak_state_known'),
        ),
        migrations.AddConstraint(
            model_name='identityleak',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('original__isnull', False), ('state', 'masked')), models.Q(models.Q(('state', 'masked'), _negated=True), ('original__isnull', True)), _connector='OR'), name='leak_masked_keeps_the_original'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'manager', 'reviewer', 'annotator', 'viewer'])), name='invitation_role_known'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('taken__lte', models.F('places'))), name='invitation_never_overdrawn'),
        ),
        migrations.AddConstraint(
            model_name='participation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['active', 'completed', 'screened_out', 'returned'])), name='participation_state_known'),
        ),
        migrations.AddConstraint(
            model_name='participation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'active')), models.Q(models.Q(('state', 'active'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='participation_ends_once'),
        ),
        migrations.AddConstraint(
            model_name='profileanswer',
            constraint=models.UniqueConstraint(fields=('annotator', 'question'), name='profile_answer_once'),
        ),
        migrations.RunPython(let_erase, migrations.RunPython.noop),
    ]
