import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

KIND = models.CharField(blank=True, default="", editable=False, max_length=24)
ID = models.CharField(blank=True, default="", editable=False, max_length=64)


class Migration(migrations.Migration):
    """Rows from before name no parent. Grants among them end with their user's sessions, or within a day or so."""

    dependencies = [
        ("secrets_app", "0013_risky_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="servicetoken", name="parent_kind", field=KIND.clone()),
        migrations.AddField(model_name="servicetoken", name="parent_id", field=ID.clone()),
        migrations.AddField(model_name="taskgrant", name="parent_kind", field=KIND.clone()),
        migrations.AddField(model_name="taskgrant", name="parent_id", field=ID.clone()),
        migrations.AddIndex(
            model_name="taskgrant",
            index=models.Index(
                condition=Q(revoked_at=None), fields=["parent_id", "parent_kind"], name="secrets_grant_parent"
            ),
        ),
        migrations.CreateModel(
            name="EndedCredential",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=24)),
                ("credential_id", models.CharField(max_length=64)),
                ("ended_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "credential_id"), name="secrets_ended_once"),
                ],
            },
        ),
    ]
