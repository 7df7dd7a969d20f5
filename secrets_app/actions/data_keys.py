"""Replacing data keys: a new one seals, what the former ones have sealed is sealed anew, and then they are destroyed.

In batches, each a transaction with its row in the audit. What is left to do is read from the data, so this can be
killed at any point and run again, and by two at once. Versions, times and ETags of secrets stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app import vault
from secrets_app.audit.recording import record
from secrets_app.errors import Unreadable
from secrets_app.models import DataKey, Secret, SecretVersion

BATCH = 100
# Current values first: what becomes a former one meanwhile is then sealed by the new key.
_SEALED: tuple[type[Secret | SecretVersion], ...] = (Secret, SecretVersion)


@dataclass
class Resealed:
    """How many versions were sealed anew, and the secrets of those that could not be opened: they are as they were."""

    count: int = 0
    unreadable: set[UUID] = field(default_factory=set)


def data_keys_to_renew(before: datetime) -> QuerySet[DataKey]:
    """Those that seal and were made before this moment."""
    return DataKey.objects.filter(state=DataKey.State.ACTIVE, created_at__lt=before)


def retiring_data_keys() -> QuerySet[DataKey]:
    """Those that seal no more, and may still have to open."""
    return DataKey.objects.filter(state=DataKey.State.RETIRING)


def renew_data_keys(*, actor: Actor, before: datetime, batch_size: int = BATCH) -> int:
    """Let a new data key seal wherever the present one was made before this moment; how many there were.

    With the same moment a second run goes on where the first ended. Raises KeyUnavailable and AuditUnavailable.
    """
    count = 0
    while batch := _renew_batch(actor, before, batch_size):
        count += batch
    return count


@transaction.atomic
def _renew_batch(actor: Actor, before: datetime, size: int) -> int:
    rows = list(_free(data_keys_to_renew(before).order_by("pk"))[:size])
    for row in rows:
        vault.renew(row)
    if rows:
        record("data_keys.renewed", actor=actor, subject=Subject("data_key"), count=len(rows))
    return len(rows)


def reseal_secrets(*, actor: Actor, batch_size: int = BATCH) -> Resealed:
    """Seal everything that a retiring data key has sealed by the active one of its owner.

    Rows that another transaction holds are passed over, as are those that do not open. Raises KeyUnavailable and
    AuditUnavailable.
    """
    done = Resealed()
    for key in retiring_data_keys().order_by("pk"):
        for model in _SEALED:
            last: Any = None
            while batch := _reseal_batch(actor, key, model, last, batch_size, done):
                count, last = batch
                done.count += count
    return done


@transaction.atomic
def _reseal_batch(
    actor: Actor, key: DataKey, model: type[Secret | SecretVersion], after: Any, size: int, done: Resealed
) -> tuple[int, Any] | None:
    """How many were sealed anew, and the last that was looked at."""
    left: QuerySet[Any] = model._default_manager.filter(data_key=key).order_by("pk")
    left = left if after is None else left.filter(pk__gt=after)
    rows = list(_free(left if model is Secret else left.select_related("secret"))[:size])
    count = sum(_reseal(row, done) for row in rows)
    if count:
        record("data_keys.resealed", actor=actor, subject=Subject("data_key", str(key.pk)), count=count)
    return (count, rows[-1].pk) if rows else None


def _reseal(row: Any, done: Resealed) -> int:
    try:
        sealed = vault.reseal(row)
    except Unreadable:
        done.unreadable.add(row.secret_id)
        return 0
    same = type(row)._default_manager.filter(pk=row.pk, version=row.version, data_key=row.data_key_id)
    return int(same.update(data_key_id=sealed.data_key_id, value=sealed.value, mask=sealed.mask))


def destroy_data_keys(*, actor: Actor) -> int:
    """Destroy the retiring data keys that seal nothing any more, of which only the rows stay; how many there were.

    A key that a writer still holds is passed over. Raises AuditUnavailable.
    """
    return sum(_destroy(actor, key_id) for key_id in list(retiring_data_keys().values_list("pk", flat=True)))


@transaction.atomic
def _destroy(actor: Actor, key_id: UUID) -> bool:
    # FOR UPDATE stands against the FOR KEY SHARE of whoever has chosen this key and not yet stored what it sealed: as
    # long as there is one, the row is passed over; afterwards what he stored is seen below.
    if not list(retiring_data_keys().filter(pk=key_id).select_for_update(skip_locked=True)):
        return False
    if any(model._default_manager.filter(data_key=key_id).exists() for model in _SEALED):
        return False
    DataKey.objects.filter(pk=key_id).update(state=DataKey.State.DESTROYED, wrapped=b"")
    record("data_keys.destroyed", actor=actor, subject=Subject("data_key", str(key_id)))
    return True


def _free(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Locked for this transaction, without those that another one has locked."""
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
