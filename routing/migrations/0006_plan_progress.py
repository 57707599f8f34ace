from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0005_plan_points")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="progress",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="How far a worker is with it: `done` comparisons `of` so many.",
            ),
        ),
        migrations.AlterField(
            model_name="refit",
            name="through",
            field=models.BigIntegerField(help_text="The newest label there was; people's up to it are known."),
        ),
    ]
