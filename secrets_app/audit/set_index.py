"""Verification of granted sets, which have no MAC of their own: against their digests, and these against audit events.

Reads all in pieces. A difference is confirmed by a second statement: sets are stored and deleted meanwhile, each
together with its part of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from secrets_app.audit.events import NAMING_SECRETS
from secrets_app.audit.granted_sets import is_sound
from secrets_app.models import AuditEvent, GrantedSet, SetMember

CHUNK = 1_000
Add = Callable[[str], None]


def check_sets(altered: Add, missing: Add) -> None:
    """Call `altered` or `missing` with a sentence for each set, reference to a set, and index row that is not right.

    Sets that are stored or deleted meanwhile are no finding.
    """
    for event in sorted(NAMING_SECRETS):
        _check_references(event, missing)
    members = 0
    for row in GrantedSet.objects.order_by("id").iterator(CHUNK):
        members += _check_set(row, altered, missing)
    if SetMember.objects.count() != members:
        _check_members(missing)


def _check_references(event: str, missing: Add) -> None:
    """Check that each audit event of this name that holds the digest of a set is indexed under that set."""
    for rows in _pieces(AuditEvent.objects.filter(event=event)):
        sets = dict(GrantedSet.objects.filter(pk__in={row.granted_set_id for row in rows}).values_list("id", "digest"))
        for row in rows:
            digest = None if row.granted_set_id is None else sets.get(row.granted_set_id)
            if _named(row) != (None if digest is None else bytes(digest).hex()) and _is_wrong(row):
                missing(f"audit event {row.id}: its granted set is missing or is another one")


def _pieces(events: QuerySet[AuditEvent]) -> Iterator[list[AuditEvent]]:
    rows = events.order_by("id").only("id", "data", "granted_set_id")
    piece = list(rows[:CHUNK])
    while piece:
        yield piece
        piece = list(rows.filter(id__gt=piece[-1].id)[:CHUNK])


def _named(event: AuditEvent) -> Any:
    return event.data.get("set") if isinstance(event.data, dict) else None


def _is_wrong(event: AuditEvent) -> bool:
    """Return whether the event is still there, so that its set should be: pruning deletes both."""
    return AuditEvent.objects.filter(pk=event.pk).exists()


def _check_set(row: GrantedSet, altered: Add, missing: Add) -> int:
    """Check one set, and that the index has its members; return how many those are."""
    if not is_sound(row):
        altered(f"granted set {row.pk}: it is not what its digest was made of")
        # What it gave cannot be told, and so not what the index should have.
        return SetMember.objects.filter(granted_set_id=row.pk).count()
    ids = set(row.held.ids)
    indexed = SetMember.objects.filter(secret_id__in=ids, granted_set_id=row.pk).values_list("secret_id", flat=True)
    lacking = ids - set(indexed)
    if lacking and GrantedSet.objects.filter(pk=row.pk).exists():
        for secret_id in sorted(lacking):
            missing(f"missing index row: granted set {row.pk} under secret {secret_id}")
    return len(ids)


def _check_members(missing: Add) -> None:
    """Look for index rows that no set explains. Costs a query for each, so only where the numbers differ."""
    for secret_id, set_id in SetMember.objects.order_by("pk").values_list("pk", flat=True).iterator(CHUNK):
        row = GrantedSet.objects.filter(pk=set_id).first()
        is_explained = row is not None and (
            not is_sound(row) or any(each.secret_id == secret_id for each in row.held.given)
        )
        if not is_explained and SetMember.objects.filter(pk=(secret_id, set_id)).exists():
            missing(f"unexpected index row: granted set {set_id} under secret {secret_id}")
