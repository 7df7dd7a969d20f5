import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("neo_signin", "0001_sessions"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="client",
            field=models.CharField(db_default="", default="", editable=False, max_length=80, verbose_name="client"),
        ),
        migrations.AddField(
            model_name="session",
            name="client_address",
            field=models.CharField(
                db_default="", default="", editable=False, max_length=64, verbose_name="client address"
            ),
        ),
        migrations.CreateModel(
            name="DeviceSignIn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("device_digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("user_code_digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("client", models.CharField(editable=False, max_length=80)),
                ("client_address", models.CharField(db_index=True, editable=False, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(db_index=True, editable=False)),
                ("interval", models.PositiveSmallIntegerField(editable=False)),
                ("polled_at", models.DateTimeField(editable=False, null=True)),
                ("is_approved", models.BooleanField(editable=False, null=True)),
                ("auth_hash", models.CharField(default="", editable=False, max_length=128)),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "sign-in of a program", "verbose_name_plural": "sign-ins of programs"},
        ),
    ]
