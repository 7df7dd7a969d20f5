"""A granted set is stored once. Grants with rows of their own keep them; new ones name a set.

Backwards, grants get rows again. The tables of the sets stay, because audit events go on naming sets; forwards, they
are found again.
"""

import json
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

BATCH = 1_000
KEPT = ("GrantedSet", "SetMember")


def create_tables(apps: Any, schema_editor: Any) -> None:
    existing = schema_editor.connection.introspection.table_names()
    for name in KEPT:
        model = apps.get_model("secrets_app", name)
        if model._meta.db_table not in existing:
            schema_editor.create_model(model)


def write_rows(apps: Any, schema_editor: Any) -> None:
    """Write what the set of each grant holds into the grant and into rows of its own."""
    alias = schema_editor.connection.alias
    grants = apps.get_model("secrets_app", "TaskGrant").objects.using(alias)
    granted = apps.get_model("secrets_app", "GrantedSecret").objects.using(alias)
    secrets = apps.get_model("secrets_app", "Secret").objects.using(alias)
    of_sets = grants.exclude(granted_set=None).select_related("granted_set")
    for grant in of_sets.iterator(BATCH):
        given, omitted = json.loads(zlib.decompress(bytes(grant.granted_set.content)))
        ids = [secret_id for secret_id, *_ in given]
        existing = {str(pk) for batch in _batches(ids) for pk in secrets.filter(pk__in=batch).values_list("pk", flat=True)}
        granted.bulk_create(
            granted.model(
                grant_id=grant.pk,
                secret_id=secret_id if secret_id in existing else None,
                name=name,
                owner_kind=owner_kind,
                version=version,
                reason=reason,
                is_maskable=is_maskable,
            )
            for secret_id, name, owner_kind, version, reason, is_maskable in given
        )
        grants.filter(pk=grant.pk).update(omitted=omitted, granted_set=None)


def _batches(ids: list[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while batch := list(islice(remaining, BATCH)):
        yield batch


class Migration(migrations.Migration):

    dependencies = [("secrets_app", "0014_credential_parents")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="GrantedSet",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                        ),
                        ("digest", models.BinaryField(help_text="SHA-256 of the content before it was compressed.")),
                        ("content", models.BinaryField()),
                    ],
                    options={
                        "verbose_name": "granted set",
                        "verbose_name_plural": "granted sets",
                        "constraints": [
                            models.UniqueConstraint(fields=["digest"], name="secrets_granted_set_digest"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SetMember",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "secret_id",
                                "granted_set_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("secret_id", models.UUIDField()),
                        ("granted_set_id", models.BigIntegerField()),
                    ],
                    options={
                        "verbose_name": "member of a granted set",
                        "verbose_name_plural": "members of granted sets",
                    },
                ),
            ],
        ),
        migrations.RunPython(create_tables, migrations.RunPython.noop),
        migrations.AddField(
            "taskgrant",
            "granted_set",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="secrets_app.grantedset"
            ),
        ),
        migrations.AlterField(
            "taskgrant",
            "omitted",
            models.JSONField(default=list, help_text="What the granted set holds, for grants that have none."),
        ),
        migrations.RunPython(migrations.RunPython.noop, write_rows),
    ]
