"""Verification of the index of exposures without a granted set against the audit events: no MAC covers the index.

Reads both in pieces, in the order of the events, so that no statement takes long and memory stays bounded. A difference
is confirmed by a second statement: events are written and pruned meanwhile, each together with its part of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from secrets_app.models import AuditEvent, ExposedSecret
from secrets_app.models.audit import EXPOSURE

CHUNK = 1_000

Pair = tuple[UUID, UUID]
"""The id of an audit event, and of a secret that it exposed."""


def check_index(add: Callable[[str], None]) -> None:
    """Call `add` with a sentence for each row that the index lacks, and for each that it should not have."""
    for after, until, expected in _pieces():
        for pair in _indexed(after, until):
            if pair in expected:
                expected.remove(pair)
            elif _is_unexpected(*pair):
                add("unexpected index row: audit event {} under secret {}".format(*pair))
        for pair in sorted(expected):
            if _is_missing(*pair):
                add("missing index row: audit event {} under secret {}".format(*pair))


def _pieces() -> Iterator[tuple[UUID | None, UUID | None, set[Pair]]]:
    """Yield two ids and the pairs that the events between them hold. None as an id is an open end."""
    exposures = AuditEvent.objects.filter(event=EXPOSURE).order_by("id").values_list("id", "data")
    last: UUID | None = None
    while rows := list((exposures if last is None else exposures.filter(id__gt=last))[:CHUNK]):
        until = rows[-1][0]
        yield last, until, {(event_id, secret_id) for event_id, data in rows for secret_id in _secrets_in(data)}
        last = until
    yield last, None, set()


def _indexed(after: UUID | None, until: UUID | None) -> Iterator[Pair]:
    bounds = {"event_id__gt": after, "event_id__lte": until}
    rows = ExposedSecret.objects.filter(**{name: bound for name, bound in bounds.items() if bound is not None})
    yield from rows.order_by("event_id").values_list("event_id", "secret_id").iterator(CHUNK)


def _secrets_in(data: Any) -> set[UUID]:
    try:
        return {UUID(each["id"]) for each in data["secrets"]}
    except (TypeError, ValueError, KeyError, AttributeError):
        # This program never writes such data; the MAC of the event shows that it was altered.
        return set()


def _is_missing(event_id: UUID, secret_id: UUID) -> bool:
    indexed = ExposedSecret.objects.filter(event_id=OuterRef("pk"), secret_id=secret_id)
    return AuditEvent.objects.filter(~Exists(indexed), pk=event_id).exists()


def _is_unexpected(event_id: UUID, secret_id: UUID) -> bool:
    indexed = ExposedSecret.objects.filter(event_id=event_id, secret_id=secret_id)
    exposure = AuditEvent.objects.filter(pk=event_id, event=EXPOSURE)
    data = exposure.values_list("data", flat=True).first()
    if data is None:
        return indexed.filter(~Exists(exposure)).exists()
    return indexed.count() > (1 if secret_id in _secrets_in(data) else 0)
