import uuid

import django.db.models.deletion
from django.db import migrations, models


def mirror_all(apps, schema_editor):
    mirrors = apps.get_model("mirrored", "Mirror").objects
    mirrors.bulk_create([mirrors.model(team=team) for team in apps.get_model("teams", "Team").objects.all()])


class Migration(migrations.Migration):
    initial = True
    dependencies = [("teams", "0001_teams")]

    operations = [
        migrations.CreateModel(
            name="Mirror",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mirror", to="teams.team"
                    ),
                ),
            ],
        ),
        # The teams that are there already.
        migrations.RunPython(mirror_all, migrations.RunPython.noop),
    ]
