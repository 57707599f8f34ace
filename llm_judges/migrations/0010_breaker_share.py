from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('llm_judges', '0009_batch_booked'),
    ]

    operations = [
        migrations.AddField(
            model_name='judge',
            name='breaker_share',
            field=models.DecimalField(decimal_places=3, default=Decimal('0.5'), help_text='Share of unreadable replies at which a run stops.', max_digits=4),
        ),
        migrations.AlterField(
            model_name='judge',
            name='concurrency',
            field=models.PositiveSmallIntegerField(default=8, help_text='Calls in flight, of all workers.'),
        ),
        migrations.AddConstraint(
            model_name='judge',
            constraint=models.CheckConstraint(condition=models.Q(('breaker_share__gt', 0), ('breaker_share__lte', 1)), name='judge_breaker_is_a_share'),
        ),
    ]
