"""Audit events are found by the granted set that they name. Earlier exposures keep their secrets and their index."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

NAMING_SECRETS = ("grant.created", "environment.exposed")


def find_sets(apps: Any, schema_editor: Any) -> None:
    """Set the column of events that named a set before the migration was undone; usually there are no sets yet."""
    alias = schema_editor.connection.alias
    sets = apps.get_model("secrets_app", "GrantedSet").objects.using(alias)
    events = apps.get_model("secrets_app", "AuditEvent").objects.using(alias).filter(event__in=NAMING_SECRETS)
    for pk, digest in sets.values_list("pk", "digest").iterator():
        events.filter(data__set=bytes(digest).hex()).update(granted_set_id=pk)


class Migration(migrations.Migration):

    dependencies = [("secrets_app", "0015_granted_sets")]

    operations = [
        migrations.AddField(
            "auditevent",
            "granted_set_id",
            models.BigIntegerField(help_text="Index to the set whose digest stands in `data`.", null=True),
        ),
        migrations.RunPython(find_sets, migrations.RunPython.noop),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                fields=["granted_set_id", "id"], name="secrets_audit_set", condition=Q(granted_set_id__isnull=False)
            ),
        ),
    ]
