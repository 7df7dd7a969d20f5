"""Stamps: a few numbers of an owner's secrets, or of a part of the audit log, that change with what is shown of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, F, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce, Extract, JSONObject

from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.models.secret import Secret
from secrets_app.models.shown_secret import ShownSecret

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOMENTS = ("updated_at", "last_used_at", "damaged_at")

Stamp = dict[str, Any]


def stamp_of(rows: Iterable[ShownSecret]) -> Stamp:
    """Return the stamp of the secrets, which are all of their owner.

    Each change of a secret adds to its revision, and each use to a sum of moments. That one secret goes and another one
    comes shows in the sums as well: their moments would have to be the same to the microsecond.
    """
    rows = list(rows)
    sums = {name: sum(_microseconds(getattr(row, name)) for row in rows) for name in MOMENTS}
    return {"count": len(rows), "revision": sum(row.revision for row in rows), **sums}


def stamped(secrets: QuerySet[Secret], owner: str) -> QuerySet[Secret, dict[str, Any]]:
    """Return the same stamp as a query, of one column and one row; `owner` is the column that they have in common."""
    sums = {name: _sum_of_microseconds(name) for name in MOMENTS}
    stamp = JSONObject(count=Count("pk"), revision=Sum("revision"), **sums)
    found: QuerySet[Secret, dict[str, Any]] = secrets.order_by().values(owner).annotate(stamp=stamp).values("stamp")
    return found


def newest(events: AuditEventQuerySet) -> QuerySet[Any, Any]:
    """Return the id of the last event, as a query. The log is append-only."""
    return events.order_by("-id").values("id")[:1]


def oldest(events: AuditEventQuerySet) -> QuerySet[Any, Any]:
    """Return the id of the first event, as a query: pruning takes the oldest."""
    return events.order_by("id").values("id")[:1]


def _microseconds(at: datetime | None) -> int:
    return 0 if at is None else (at - EPOCH) // MICROSECOND


def _sum_of_microseconds(name: str) -> Coalesce:
    seconds = Extract(F(name), "epoch")
    return Coalesce(Cast(Sum(seconds) * 1_000_000, BigIntegerField()), 0)
