import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("secrets_app", "0020_kept_answers")]

    operations = [
        migrations.CreateModel(
            name="SiteKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="id"
                    ),
                ),
                ("purpose", models.CharField(max_length=32, verbose_name="purpose")),
                ("master_key_id", models.CharField(max_length=64, verbose_name="master key")),
                ("wrapped", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "site key",
                "verbose_name_plural": "site keys",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("purpose",), name="secrets_site_key_purpose")],
            },
        ),
    ]
