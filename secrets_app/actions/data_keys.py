"""Replacement of data keys: a new key seals, all values are sealed anew by it, and the former keys are destroyed.

The work goes in batches, each a transaction with its audit event. What is left to do is read from the data, so it can
be killed at any point, run again, and run by two processes at once. Versions, times and ETags of secrets do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.progress import Show, unshown
from neo_base.transactions import atomic
from secrets_app import statements, vault
from secrets_app.audit.recording import record
from secrets_app.errors import Unreadable
from secrets_app.models import DataKey, Secret, SecretVersion

BATCH = 100
# Current values first: one that becomes a former version meanwhile is then already sealed by the new key.
_SEALED: tuple[type[Secret | SecretVersion], ...] = (Secret, SecretVersion)


@dataclass
class Resealed:
    """The number of versions sealed anew, and the secrets of those that do not open and were left unchanged."""

    count: int = 0
    unreadable: set[UUID] = field(default_factory=set)


def data_keys_to_renew(before: datetime) -> QuerySet[DataKey]:
    """Return the active data keys that were made before this moment."""
    return DataKey.objects.filter(state=DataKey.State.ACTIVE, created_at__lt=before)


def retiring_data_keys() -> QuerySet[DataKey]:
    """Return the data keys that no longer seal, but may still have to open."""
    return DataKey.objects.filter(state=DataKey.State.RETIRING)


def renew_data_keys(*, actor: Actor, before: datetime, batch_size: int = BATCH) -> int:
    """Replace every active data key that was made before this moment by a new one; return how many.

    A second run with the same moment continues where the first one stopped. Raises KeyUnavailable and AuditUnavailable.
    """
    count = 0
    while batch := _renew_batch(actor, before, batch_size):
        count += batch
    return count


@atomic
def _renew_batch(actor: Actor, before: datetime, size: int) -> int:
    rows = list(_free(data_keys_to_renew(before).order_by("pk"))[:size])
    for row in rows:
        vault.renew(row)
    if rows:
        record("data_keys.renewed", actor=actor, subject=Subject("data_key"), count=len(rows))
    return len(rows)


def values_to_reseal() -> int:
    """Return how many versions of secrets a retiring data key has sealed."""
    return sum(model._default_manager.filter(data_key__in=retiring_data_keys()).count() for model in _SEALED)


def reseal_secrets(*, actor: Actor, batch_size: int = BATCH, progress: Show = unshown) -> Resealed:
    """Seal everything that a retiring data key sealed anew, by the active key of its owner.

    `progress` is called after each batch with the number of versions so far.
    Rows that another transaction has locked are skipped, as are those that do not open. Raises KeyUnavailable and
    AuditUnavailable.
    """
    done = Resealed()
    for key in retiring_data_keys().order_by("pk"):
        for model in _SEALED:
            last: Any = None
            while batch := _reseal_batch(actor, key, model, last, batch_size, done):
                count, last = batch
                done.count += count
                progress(done.count)
    return done


@atomic
def _reseal_batch(
    actor: Actor, key: DataKey, model: type[Secret | SecretVersion], after: Any, size: int, done: Resealed
) -> tuple[int, Any] | None:
    """Return how many rows were sealed anew and the last row looked at; None when none is left."""
    left: QuerySet[Any] = model._default_manager.filter(data_key=key).order_by("pk")
    left = left if after is None else left.filter(pk__gt=after)
    rows = list(_free(left if model is Secret else left.select_related("secret"))[:size])
    if not rows:
        return None
    count = _reseal(rows, key, done)
    if count:
        record("data_keys.resealed", actor=actor, subject=Subject("data_key", str(key.pk)), count=count)
    return count, rows[-1].pk


def _reseal(rows: Sequence[Any], key: DataKey, done: Resealed) -> int:
    """Store the locked `rows`, which `key` sealed, sealed anew by the active key; return how many opened."""
    sealer, readable = vault.Sealer(key.owner, values=len(rows)), []
    for row in rows:
        try:
            sealed = sealer.reseal(row)
        except Unreadable:
            done.unreadable.add(row.secret_id)
            continue
        row.data_key_id, row.value, row.mask = sealed.data_key_id, sealed.value, sealed.mask
        readable.append(row)
    if readable and connection.vendor == "postgresql":
        statements.update(readable, ["data_key_id", "value", "mask"])
    elif readable:
        type(readable[0])._default_manager.bulk_update(readable, ["data_key", "value", "mask"])
    return len(readable)


def destroy_data_keys(*, actor: Actor) -> int:
    """Destroy the retiring data keys whose values are all gone; return how many.

    Their rows stay, without the key, until the next call, which deletes them if nothing names them: the audit log has
    recorded each. A key that a writer still holds is skipped. Raises AuditUnavailable.
    """
    _delete_destroyed()
    return sum(_destroy(actor, key_id) for key_id in list(retiring_data_keys().values_list("pk", flat=True)))


@atomic
def _destroy(actor: Actor, key_id: UUID) -> bool:
    # FOR UPDATE conflicts with the FOR KEY SHARE of a writer that has chosen this key and not yet stored what it
    # sealed. While there is such a writer, the row is skipped; afterwards, the check below sees what it stored.
    if not list(retiring_data_keys().filter(pk=key_id).select_for_update(skip_locked=True)):
        return False
    if any(model._default_manager.filter(data_key=key_id).exists() for model in _SEALED):
        return False
    DataKey.objects.filter(pk=key_id).update(state=DataKey.State.DESTROYED, wrapped=b"")
    record("data_keys.destroyed", actor=actor, subject=Subject("data_key", str(key_id)))
    return True


def _delete_destroyed() -> None:
    gone = DataKey.objects.filter(state=DataKey.State.DESTROYED)
    for model in _SEALED:
        gone = gone.exclude(Exists(model._default_manager.filter(data_key=OuterRef("pk"))))
    gone.delete()


def _free(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return `rows` locked for this transaction, without those that another transaction has locked."""
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
