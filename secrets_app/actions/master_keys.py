"""Rotation of master keys: data keys are wrapped anew under the active one, and a former one is retired.

The work goes in batches, each a transaction with its audit event. What is left to do is read from the data, so it can
be killed at any point, run again, and run by two processes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.progress import Show, unshown
from neo_base.transactions import atomic
from secrets_app.audit.chaining import chain_events
from secrets_app.audit.recording import record
from secrets_app.audit.retired_keys import RETIRED, digest_of_blocks, last_block, retirements
from secrets_app.crypto.errors import OpenFailed, UnknownKey
from secrets_app.master_keys import data_keys_in_use, ensure_check_value, key_provider, wrapped_anew, wrapped_by
from secrets_app.models import AuditBlock, AuditEvent, DataKey, KeyCheckValue, SiteKey

BATCH = 200
_FIRST = UUID(int=0)


class MasterKeyInUse(Exception):
    """A master key that cannot be retired. The message says why and what to do."""


@dataclass
class Rewrapped:
    """The number of data keys that were wrapped anew, and the ids of those that do not open and were left unchanged."""

    count: int = 0
    unreadable: set[UUID] = field(default_factory=set)


def data_keys_to_rewrap() -> QuerySet[DataKey]:
    """Return the data keys that a former master key wraps. Raise KeyringError."""
    return data_keys_in_use().exclude(master_key_id=key_provider().active_key_id)


def site_keys_to_rewrap() -> QuerySet[SiteKey]:
    """Return the keys of the site that a former master key wraps. Raise KeyringError."""
    return SiteKey.objects.exclude(master_key_id=key_provider().active_key_id)


def rewrap_data_keys(*, actor: Actor, batch_size: int = BATCH, progress: Show = unshown) -> Rewrapped:
    """Wrap every data key, and every key of the site, under the active master key. They do not change, nor what they
    sealed.

    `progress` is called after each batch with the number of data keys so far.
    Rows that another transaction has locked are skipped, and tried again while each pass makes progress. Raises
    KeyringError and AuditUnavailable.
    """
    ensure_check_value(key_provider().active_key_id)
    done = Rewrapped()
    _rewrap_site_keys(actor, done)
    while _pass(actor, batch_size, done, progress):
        pass
    return done


@atomic
def _rewrap_site_keys(actor: Actor, done: Rewrapped) -> None:
    """Wrap the keys of the site, of which there is one for each purpose."""
    key_id = key_provider().active_key_id
    rows = list(site_keys_to_rewrap().select_for_update(no_key=True))
    count = sum(_rewrap(row, key_id, done) for row in rows)
    if count:
        record("data_keys.rewrapped", actor=actor, subject=Subject("master_key", key_id, key_id), count=count)
        done.count += count


def _pass(actor: Actor, batch_size: int, done: Rewrapped, progress: Show) -> bool:
    """Look at each data key once; return whether any was wrapped anew."""
    before, last = done.count, _FIRST
    while batch := _rewrap_batch(actor, last, batch_size, done):
        done.count += batch.count
        last = batch.last
        progress(done.count)
    return done.count > before


@dataclass
class _Batch:
    count: int
    last: UUID


@atomic
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


def _rewrap(row: DataKey | SiteKey, key_id: str, done: Rewrapped) -> int:
    try:
        wrapped = wrapped_anew(row, key_id)
    except (OpenFailed, UnknownKey):
        # One damaged row, or one whose master key is missing, must not keep the others under the former key.
        done.unreadable.add(row.pk)
        return 0
    known: QuerySet[Any] = data_keys_in_use() if isinstance(row, DataKey) else SiteKey.objects.all()
    same = known.filter(pk=row.pk, master_key_id=row.master_key_id)
    return same.update(master_key_id=key_id, wrapped=wrapped)


@atomic
def retire_master_key(*, actor: Actor, key_id: str, gives_up_audit: bool = False) -> None:
    """Forget a master key that nothing needs, so that its line can be deleted from the key file.

    Raises MasterKeyInUse while it is active, while it wraps a data key and, unless `gives_up_audit`, while an audit
    event or block carries its MAC, which cannot be verified without it. Then the event of the retirement says up to
    where the audit log is not judged any more. Raises KeyringError.
    """
    if not KeyCheckValue.objects.filter(pk=key_id).exists():
        raise MasterKeyInUse(
            "No master key with this id was ever used, or it has been retired already. Run: manage.py keys status"
        )
    if key_id == key_provider().active_key_id:
        raise MasterKeyInUse(
            "It is the active one. Put another line first in the key file, then restart all processes."
        )
    named = wrapped_by(key_id)
    if named:
        raise MasterKeyInUse(f"It wraps {named} data keys. Run: manage.py rotate_keys")
    if not gives_up_audit and is_named_by_audit(key_id):
        raise MasterKeyInUse(
            "Audit events carry its MAC and cannot be verified without it. Leave it in the key file, below the "
            "active one, or give up verifying them with --give-up-audit."
        )
    KeyCheckValue.objects.filter(pk=key_id).delete()
    for event in retirements(key_id=key_id):
        # They carry the MAC of the key that goes.
        record(RETIRED, actor=actor, subject=Subject("master_key", event.subject_id, event.subject_label), **event.data)
    given_up = _given_up(key_id) if gives_up_audit else {}
    record(RETIRED, actor=actor, subject=Subject("master_key", key_id, key_id), **given_up)


def _given_up(key_id: str) -> dict[str, Any]:
    """Chain what is not chained yet, and return what the audit log has under this key, for its verification."""
    chain_events()
    last = last_block()
    return {"last_block": last, "digest": digest_of_blocks(key_id, last)}


def is_named_by_audit(key_id: str) -> bool:
    """Return whether an audit event or block carries a MAC by this master key. Scans all of them if none does."""
    blocks, rows = AuditBlock.objects.filter(key_id=key_id), AuditEvent.objects.filter(key_id=key_id)
    return blocks.exists() or rows.exists()
