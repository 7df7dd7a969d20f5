import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("secrets_app", "0019_fewer_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credential_kind", models.CharField(blank=True, max_length=24)),
                ("credential_id", models.CharField(blank=True, max_length=64)),
                ("key", models.CharField(max_length=128)),
                ("master_key_id", models.CharField(help_text="The key of the digest.", max_length=64)),
                ("digest", models.BinaryField()),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("answer", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "kept answer",
                "verbose_name_plural": "kept answers",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "credential_kind", "credential_id", "key"), name="secrets_kept_answer_once"
                    )
                ],
            },
        ),
    ]
