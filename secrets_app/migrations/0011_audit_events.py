"""The audit log's row is an audit event, as everywhere else, and blocks chain. Operators keep their permissions."""

from collections.abc import Callable
from typing import Any

from django.db import migrations, models

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(old: str, new: str, name: str) -> Callable[[Any, Any], None]:
    def rename(apps: Any, schema_editor: Any) -> None:
        permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
        of_app = permissions.filter(content_type__app_label="secrets_app")
        for action in ACTIONS:
            # Django may have created the new one already, after another migration: nobody has been given that.
            former = of_app.filter(codename=f"{action}_{old}")
            if former.exists():
                of_app.filter(codename=f"{action}_{new}").delete()
                former.update(codename=f"{action}_{new}", name=f"Can {action} {name}")

    return rename


class Migration(migrations.Migration):

    dependencies = [
        ("secrets_app", "0010_omitted_owners"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RenameModel("AuditEntry", "AuditEvent"),
        migrations.RunPython(
            rename_permissions("auditentry", "auditevent", "audit event"),
            rename_permissions("auditevent", "auditentry", "audit entry"),
        ),
        migrations.AlterModelOptions(
            name="auditevent",
            options={"ordering": ["-id"], "verbose_name": "audit event", "verbose_name_plural": "audit events"},
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="outcome",
            field=models.CharField(
                choices=[("done", "Done"), ("denied", "Refused")], max_length=8, verbose_name="outcome"
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="block",
            field=models.PositiveBigIntegerField(help_text="Set by `audit chain`.", null=True, verbose_name="block"),
        ),
        migrations.RenameField("auditblock", "sealed_at", "chained_at"),
        migrations.AlterModelOptions(
            name="exposedsecret",
            options={
                "ordering": ["-event_id"],
                "verbose_name": "exposed secret",
                "verbose_name_plural": "exposed secrets",
            },
        ),
        # Django renames no column within an index.
        migrations.RemoveIndex("exposedsecret", "secrets_exposed_secret"),
        migrations.RemoveIndex("exposedsecret", "secrets_exposed_entry"),
        migrations.RenameField("exposedsecret", "entry_id", "event_id"),
        migrations.AddIndex(
            "exposedsecret", models.Index(fields=["secret_id", "event_id"], name="secrets_exposed_secret")
        ),
        migrations.AddIndex("exposedsecret", models.Index(fields=["event_id"], name="secrets_exposed_event")),
    ]
