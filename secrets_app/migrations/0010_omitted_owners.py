from functools import partial
from itertools import islice
from typing import Any

from django.db import migrations

BATCH = 500


def rename_key(apps: Any, schema_editor: Any, *, old: str, new: str) -> None:
    """Rename a key of each omitted name in the grants that are stored."""
    grants = apps.get_model('secrets_app', 'TaskGrant').objects.using(schema_editor.connection.alias)
    rows = grants.exclude(omitted=[]).only('omitted').iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        for row in batch:
            row.omitted = [{new if key == old else key: value for key, value in each.items()} for each in row.omitted]
        grants.bulk_update(batch, ['omitted'])


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0009_owners'),
    ]

    operations = [
        migrations.RunPython(
            partial(rename_key, old='scope', new='owner'),
            partial(rename_key, old='owner', new='scope'),
        ),
    ]
