from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_the_row(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A database without the row is a restored copy; this one is not."""
    apps.get_model("neo_backups", "Epoch").objects.using(schema_editor.connection.alias).create()


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "place",
                    models.CharField(blank=True, max_length=100, help_text="Where PostgreSQL keeps this table."),
                ),
                (
                    "beside_keys",
                    models.CharField(blank=True, max_length=100, help_text="The content of the file beside the keys."),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(add_the_row, migrations.RunPython.noop),
    ]
