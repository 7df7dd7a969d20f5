"""Verification of values: each stored value is opened once and dropped at once, to see whether it still opens.

What does not open is marked in its row, so that people see it before a task needs it; a new value takes the mark away.
The rows are read in batches, and a batch writes only where a row has changed for better or worse. A run can be stopped
at any point; the next one begins anew. Secrets and versions that are made meanwhile may be left to the next run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.progress import Show, unshown
from neo_base.transactions import atomic
from secrets_app import vault
from secrets_app.audit.recording import record
from secrets_app.errors import KeyUnavailable, Unreadable
from secrets_app.master_keys import data_keys_in_use
from secrets_app.models import DataKey, Secret, SecretVersion

BATCH = 500

Row = Secret | SecretVersion


@dataclass(frozen=True)
class Place:
    """One version of one secret, by what its owner knows it by."""

    secret_id: Any
    name: str
    owner: str
    version: int
    is_current: bool


@dataclass
class Verified:
    """The result of a run: how many values opened, which are damaged, and for which the key was not available."""

    opened: int = 0
    damaged: list[Place] = field(default_factory=list)
    undecided: int = 0

    @property
    def count(self) -> int:
        return self.opened + len(self.damaged) + self.undecided


def values_to_verify() -> int:
    """Return how many values are stored, former versions included."""
    return Secret.objects.count() + SecretVersion.objects.count()


def verify_values(*, actor: Actor, batch_size: int = BATCH, progress: Show = unshown) -> Verified:
    """Open every stored value once, mark those that do not open, and unmark those that do again; return the result.

    `progress` is called after each batch with the number of values so far. Where a master key is missing or a key
    service does not answer, nothing is known of a value, and its mark stays as it is. Raises AuditUnavailable.
    """
    done = Verified()
    for batch in _batches(batch_size):
        _verify_batch(actor, batch, done)
        progress(done.count)
    record(
        "secrets.verified",
        actor=actor,
        subject=Subject("secret"),
        opened=done.opened,
        damaged=len(done.damaged),
        undecided=done.undecided,
    )
    return done


def data_keys_that_open_nothing(*, batch_size: int = BATCH) -> tuple[int, list[str]]:
    """Open one value of each data key; return how many data keys seal any, and the owners of those that open none.

    For a restored database: writes nothing. Costs three queries for each batch.
    """
    count, closed, last = 0, [], UUID(int=0)
    while rows := list(data_keys_in_use().filter(pk__gt=last).order_by("pk")[:batch_size]):
        last = rows[-1].pk
        sealed = _one_value_each(rows)
        count += len(sealed)
        closed += [row.owner.label for row in sealed if not _opens(row)]
    return count, closed


def _one_value_each(keys: list[DataKey]) -> list[Row]:
    """Return a current value of each data key, or a former one where it has no other."""
    ids = {key.pk for key in keys}
    chosen: list[Row] = []
    for model, related in ((Secret, ("data_key",)), (SecretVersion, ("data_key", "secret"))):
        rows: QuerySet[Any] = model._default_manager.filter(data_key__in=ids)
        first = rows.filter(data_key=OuterRef("data_key")).order_by("pk").values("pk")[:1]
        chosen += rows.filter(pk=Subquery(first)).select_related(*related)
        ids -= {row.data_key_id for row in chosen}
    return chosen


def _batches(size: int) -> Iterator[list[Row]]:
    current = Secret.objects.select_related("data_key").order_by("pk")
    yield from _pieces(current, size)
    former = SecretVersion.objects.select_related("secret", "data_key").defer("secret__value", "secret__mask")
    yield from _pieces(former.order_by("pk"), size)


def _pieces(rows: QuerySet[Any], size: int) -> Iterator[list[Row]]:
    piece = list(rows[:size])
    while piece:
        yield piece
        piece = list(rows.filter(pk__gt=piece[-1].pk)[:size])


def _verify_batch(actor: Actor, rows: list[Row], done: Verified) -> None:
    changed: list[tuple[Row, datetime | None]] = []
    for row in rows:
        opens = _opens(row)
        if opens is None:
            done.undecided += 1
            continue
        if opens:
            done.opened += 1
        else:
            done.damaged.append(_place(row))
        if opens == row.is_damaged:
            changed.append((row, None if opens else timezone.now()))
    if changed:
        _mark(actor, changed)


def _opens(row: Row) -> bool | None:
    """Return whether the row opens; None where its key is not available."""
    try:
        vault.check(row)
    except Unreadable:
        return False
    except KeyUnavailable:
        return None
    return True


@atomic
def _mark(actor: Actor, changed: list[tuple[Row, datetime | None]]) -> None:
    for row, damaged_at in changed:
        # A row that was given another value or data key since it was read is left as it is.
        rows: QuerySet[Any] = type(row)._default_manager.all()
        same = rows.filter(pk=row.pk, version=row.version, data_key=row.data_key_id)
        if same.update(damaged_at=damaged_at):
            event = "secret.recovered" if damaged_at is None else "secret.damaged"
            subject = Subject("secret", str(row.secret_id), _secret(row).name)
            record(event, actor=actor, subject=subject, owner=row.owner, version=row.version)


def _secret(row: Row) -> Secret:
    return row if isinstance(row, Secret) else row.secret


def _place(row: Row) -> Place:
    return Place(row.secret_id, _secret(row).name, row.owner.label, row.version, row.is_current)
