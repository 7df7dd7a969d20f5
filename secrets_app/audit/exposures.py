"""The index that finds exposures by their secrets, held against the rows themselves: no MAC covers it.

Read in pieces in the order of the rows, so that no statement is long and memory stays the same. What differs is looked
at once more, in one statement: rows are written and pruned meanwhile, each together with its part of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from secrets_app.audit.events import EXPOSURE
from secrets_app.models import AuditEntry, ExposedSecret

CHUNK = 1_000

Pair = tuple[UUID, UUID]
"""A row, and a secret that it tells of."""


def check_index(add: Callable[[str], None]) -> None:
    """Tell `add` of each secret of an exposure that the index does not have, and of each that it has too much."""
    for after, until, expected in _pieces():
        for pair in _indexed(after, until):
            if pair in expected:
                expected.remove(pair)
            elif _is_too_much(*pair):
                add("index of exposures: it has row {} under secret {}, which is too much".format(*pair))
        for pair in sorted(expected):
            if _is_missing(*pair):
                add("index of exposures: it lacks row {} under secret {}".format(*pair))


def _pieces() -> Iterator[tuple[UUID | None, UUID | None, set[Pair]]]:
    """What stands in the rows between two ids; first and last from and to wherever the index reaches."""
    exposures = AuditEntry.objects.filter(event=EXPOSURE).order_by("id").values_list("id", "data")
    last: UUID | None = None
    while rows := list((exposures if last is None else exposures.filter(id__gt=last))[:CHUNK]):
        until = rows[-1][0]
        yield last, until, {(entry_id, secret_id) for entry_id, data in rows for secret_id in _secrets_in(data)}
        last = until
    yield last, None, set()


def _indexed(after: UUID | None, until: UUID | None) -> Iterator[Pair]:
    bounds = {"entry_id__gt": after, "entry_id__lte": until}
    rows = ExposedSecret.objects.filter(**{name: bound for name, bound in bounds.items() if bound is not None})
    yield from rows.order_by("entry_id").values_list("entry_id", "secret_id").iterator(CHUNK)


def _secrets_in(data: Any) -> set[UUID]:
    try:
        return {UUID(each["id"]) for each in data["secrets"]}
    except (TypeError, ValueError, KeyError, AttributeError):
        # What this program never writes; its MAC tells.
        return set()


def _is_missing(entry_id: UUID, secret_id: UUID) -> bool:
    indexed = ExposedSecret.objects.filter(entry_id=OuterRef("pk"), secret_id=secret_id)
    return AuditEntry.objects.filter(~Exists(indexed), pk=entry_id).exists()


def _is_too_much(entry_id: UUID, secret_id: UUID) -> bool:
    indexed = ExposedSecret.objects.filter(entry_id=entry_id, secret_id=secret_id)
    exposure = AuditEntry.objects.filter(pk=entry_id, event=EXPOSURE)
    data = exposure.values_list("data", flat=True).first()
    if data is None:
        return indexed.filter(~Exists(exposure)).exists()
    return indexed.count() > (1 if secret_id in _secrets_in(data) else 0)
