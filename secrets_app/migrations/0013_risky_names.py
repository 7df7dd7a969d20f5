import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Q

# The defaults, for a site that keeps them and therefore does not set them.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")
PROJECT_FIELD = getattr(settings, "SECRETS_APP_PROJECT_FIELD", None)
ONE_OWNER = Q(user__isnull=True, project__isnull=False) | Q(user__isnull=False, project__isnull=True)


def keep_in_quarantine(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the secrets in quarantine their reason: until now, only those that agents made were held."""
    secrets = apps.get_model("secrets_app", "Secret").objects.using(schema_editor.connection.alias)
    secrets.filter(is_quarantined=True).update(quarantine_reason="agent")


def restore_flags(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the flag again, also for risky names: former code would give them to every task."""
    secrets = apps.get_model("secrets_app", "Secret").objects.using(schema_editor.connection.alias)
    secrets.exclude(quarantine_reason="").update(is_quarantined=True)


class Migration(migrations.Migration):
    dependencies = [
        ("secrets_app", "0012_key_check_value"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(PROJECT_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="secret",
            name="quarantine_reason",
            field=models.CharField(
                blank=True,
                choices=[("agent", "Made by an agent"), ("risky_name", "Risky name")],
                default="",
                editable=False,
                help_text="Why other tasks do not get it by default until a person promotes it; empty if they do.",
                max_length=16,
                verbose_name="in quarantine",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(keep_in_quarantine, restore_flags),
        migrations.RemoveIndex(model_name="secret", name="secrets_secret_held"),
        migrations.RemoveField(model_name="secret", name="is_quarantined"),
        migrations.AddIndex(
            model_name="secret",
            index=models.Index(condition=~Q(quarantine_reason=""), fields=["name"], name="secrets_secret_held"),
        ),
        migrations.CreateModel(
            name="HeldName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128, verbose_name="name")),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=PROJECT_MODEL,
                        to_field=PROJECT_FIELD,
                        verbose_name="project",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "held name",
                "verbose_name_plural": "held names",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=ONE_OWNER, name="secrets_held_owner"),
                    models.UniqueConstraint(
                        condition=Q(user__isnull=False), fields=("user", "name"), name="secrets_held_personal_name"
                    ),
                    models.UniqueConstraint(
                        condition=Q(project__isnull=False),
                        fields=("project", "name"),
                        name="secrets_held_project_name",
                    ),
                ],
            },
        ),
    ]
