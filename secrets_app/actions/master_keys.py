"""Rotation of master keys: data keys wrapped anew under the active one, and a former one retired.

In batches, each a transaction with its row in the audit. What is left to do is read from the data, so this can be
killed at any point and run again, and by two at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app.audit.recording import record
from secrets_app.crypto.errors import OpenFailed, UnknownKey
from secrets_app.master_keys import data_keys_in_use, ensure_canary, key_provider, wrapped_anew
from secrets_app.models import AuditBlock, AuditEvent, DataKey, KeyCanary

BATCH = 200
_FIRST = UUID(int=0)


class MasterKeyInUse(Exception):
    """A master key cannot be retired. The message says why, and what to do."""


@dataclass
class Rewrapped:
    """How many data keys were wrapped anew, and the ids of those that could not be opened: they are as they were."""

    count: int = 0
    unreadable: set[UUID] = field(default_factory=set)


def data_keys_to_rewrap() -> QuerySet[DataKey]:
    """Those that a former master key wraps. Raises KeyringError."""
    return data_keys_in_use().exclude(master_key_id=key_provider().active_key_id)


def rewrap_data_keys(*, actor: Actor, batch_size: int = BATCH) -> Rewrapped:
    """Wrap every data key under the active master key. The data keys stay the same, and so does what they sealed.

    Rows that another transaction holds are passed over and tried again, as long as that gets any further. Raises
    KeyringError and AuditUnavailable.
    """
    ensure_canary(key_provider().active_key_id)
    done = Rewrapped()
    while added := _pass(actor, batch_size, done):
        done.count += added
    return done


def _pass(actor: Actor, batch_size: int, done: Rewrapped) -> int:
    count, last = 0, _FIRST
    while batch := _rewrap_batch(actor, last, batch_size, done):
        count += batch.count
        last = batch.last
    return count


@dataclass
class _Batch:
    count: int
    last: UUID


@transaction.atomic
def _rewrap_batch(actor: Actor, after: UUID, size: int, done: Rewrapped) -> _Batch | None:
    left = data_keys_to_rewrap().filter(pk__gt=after).order_by("pk")
    rows = list(left.select_for_update(skip_locked=True, no_key=True)[:size])
    if not rows:
        return None
    key_id = key_provider().active_key_id
    count = sum(_rewrap(row, key_id, done) for row in rows)
    if count:
        record("data_keys.rewrapped", actor=actor, subject=Subject("master_key", key_id, key_id), count=count)
    return _Batch(count, rows[-1].pk)


def _rewrap(row: DataKey, key_id: str, done: Rewrapped) -> int:
    try:
        wrapped = wrapped_anew(row, key_id)
    except (OpenFailed, UnknownKey):
        # One bad row, or one whose master key is gone, must not keep the others under the former key.
        done.unreadable.add(row.pk)
        return 0
    same = data_keys_in_use().filter(pk=row.pk, master_key_id=row.master_key_id)
    return same.update(master_key_id=key_id, wrapped=wrapped)


@transaction.atomic
def retire_master_key(*, actor: Actor, key_id: str, gives_up_audit: bool = False) -> None:
    """Forget a master key that nothing needs any more, so that its line can be taken out of the key file.

    Raises MasterKeyInUse while it is active or a data key names it; or a row of the audit does, which nobody can verify
    without it, unless `gives_up_audit`. Raises KeyringError.
    """
    if not KeyCanary.objects.filter(pk=key_id).exists():
        raise MasterKeyInUse("No master key of this id was used, or it is retired already.")
    if key_id == key_provider().active_key_id:
        raise MasterKeyInUse("It is the active one. Put another line first in the key file, and restart all processes.")
    named = data_keys_in_use().filter(master_key_id=key_id).count()
    if named:
        raise MasterKeyInUse(f"It wraps {named} data keys. Run: manage.py rotate_keys")
    if not gives_up_audit and is_named_by_audit(key_id):
        raise MasterKeyInUse(
            "Rows of the audit carry its MAC, and cannot be verified without it. Leave it in the key file, behind the "
            "active one; or give that up with --give-up-audit."
        )
    KeyCanary.objects.filter(pk=key_id).delete()
    record("master_key.retired", actor=actor, subject=Subject("master_key", key_id, key_id))


def is_named_by_audit(key_id: str) -> bool:
    """Whether a row or a block needs this master key to be verified. Looks through all rows where none does."""
    blocks, rows = AuditBlock.objects.filter(key_id=key_id), AuditEvent.objects.filter(key_id=key_id)
    return blocks.exists() or rows.exists()
