from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("llm_judges", "0002_terms_and_templates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="Endpoint, model and key, hashed.", max_length=64, unique=True)),
                ("state", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
    ]
