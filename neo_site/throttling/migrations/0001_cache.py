from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def without_write_ahead_log(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Counts may be lost in a crash; writing each of them twice, and waiting for the disk, would slow every request."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE neo_throttling_cacheentry SET UNLOGGED")


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CacheEntry",
            fields=[
                ("key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("expires_at", models.FloatField(db_index=True)),
            ],
        ),
        migrations.RunPython(without_write_ahead_log, migrations.RunPython.noop),
    ]
