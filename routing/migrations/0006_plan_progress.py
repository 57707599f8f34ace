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
    ]
