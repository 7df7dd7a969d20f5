from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

OLD, NEW = "keycanary", "keycheckvalue"


def rename_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor, old: str = OLD, new: str = NEW) -> None:
    """Keep what operators were granted: Django renames the content type of the model, but no permission."""
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    of_app = permissions.filter(content_type__app_label="secrets_app")
    for action in ("add", "change", "delete", "view"):
        # Django may have created the new one already, after another migration: nobody has been given that.
        former = of_app.filter(codename=f"{action}_{old}")
        if former.exists():
            of_app.filter(codename=f"{action}_{new}").delete()
            former.update(codename=f"{action}_{new}")


def restore_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rename_permissions(apps, schema_editor, old=NEW, new=OLD)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0001_initial"),
        ("secrets_app", "0011_audit_events"),
    ]

    operations = [
        migrations.RenameModel(old_name="KeyCanary", new_name="KeyCheckValue"),
        migrations.RenameField(model_name="keycheckvalue", old_name="canary", new_name="check_value"),
        migrations.RunPython(rename_permissions, restore_permissions),
    ]
