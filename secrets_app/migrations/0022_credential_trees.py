import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("secrets_app", "0021_site_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="CredentialTree",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("endings", models.PositiveBigIntegerField(default=0)),
            ],
            options={"default_permissions": ()},
        ),
    ]
