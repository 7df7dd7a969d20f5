"""The search for entitlements that no audit event explains: somebody wrote them into the database past this program.

The rows are read in pieces, and the events about each piece are replayed, the oldest first. What they say last has to
agree with the row. Two events say the same without knowing a kind's own: `access.accepted`, by an operator who looked
at the row, and `access.retained`, by pruning, before it deletes the events that explained it. Both hold a digest of the
terms.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from neo_base.access.actors import Actor
from neo_base.audit.entitlements import Entitlement, EntitlementKind, Key, Known, Terms, entitlement_kinds
from neo_base.audit.subjects import Subject
from neo_base.progress import Show, unshown
from neo_base.transactions import atomic
from secrets_app.audit.granted_sets import expand
from secrets_app.audit.recording import build_event, record, write
from secrets_app.models import AuditBlock, AuditEvent, Secret
from secrets_app.owners import Owner

CHUNK = 500
ACCEPTED, RETAINED = "access.accepted", "access.retained"
OF_ANY_KIND = frozenset({ACCEPTED, RETAINED})
DIGEST = "digest"
"""The key of terms of which only a digest is known."""


@dataclass(frozen=True)
class Unexplained:
    """An entitlement, and what is wrong with it."""

    kind: EntitlementKind
    entitlement: Entitlement
    reason: str

    def __str__(self) -> str:
        return f"{self.kind.name.replace('_', ' ')} {self.entitlement.says}: {self.reason}"


@dataclass
class Explained:
    """How many entitlements of each kind there are, and those that no event explains."""

    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[Unexplained] = field(default_factory=list)


def entitlements() -> int:
    """Return how many entitlements there are."""
    return sum(kind.rows().count() for kind in entitlement_kinds.values())


def explain(*, progress: Show = unshown) -> Explained:
    """Compare every entitlement with the audit log. Writes nothing.

    What begins or ends meanwhile is no finding: a difference is confirmed by reading row and events again. Costs a read
    of each entitlement and of the events about it. Calls `progress` with the number of entitlements so far.
    """
    result = Explained()
    for kind in entitlement_kinds.values():
        for piece in _pieces(kind.rows()):
            result.counts[kind.name] += len(piece)
            suspects = [row for row, reason, _ in _judged(kind, piece) if reason]
            if suspects:
                again = list(kind.rows().filter(pk__in=[row.pk for row in suspects]))
                judged = _judged(kind, again)
                result.unexplained += [Unexplained(kind, kind.read(row), reason) for row, reason, _ in judged if reason]
            progress(result.counts.total())
    return result


def is_emptied() -> bool:
    """Return whether the audit log is empty, although users or secrets exist, whose making would have left events."""
    if AuditEvent.objects.exists() or AuditBlock.objects.exists():
        return False
    return bool(get_user_model()._default_manager.exists()) or Secret.objects.exists()


@atomic
def accept(unexplained: Sequence[Unexplained], *, actor: Actor) -> None:
    """Record that an operator has looked at these and accepts them as they are. Raises AuditUnavailable."""
    _write(ACCEPTED, ((each.kind, each.entitlement) for each in unexplained), actor)
    record("audit.accepted", actor=actor, subject=Subject("audit"), count=len(unexplained))


def retain(*, actor: Actor, last_block: int) -> None:
    """Record anew every entitlement that events up to this block explain, before they are pruned.

    So pruning leaves nothing unexplained, and what nobody explained stays so. Raises AuditUnavailable.
    """
    for kind in entitlement_kinds.values():
        for piece in _pieces(kind.rows()):
            explained = [(row, oldest) for row, reason, oldest in _judged(kind, piece) if not reason]
            leaving = [row for row, oldest in explained if oldest is not None and oldest <= last_block]
            _write(RETAINED, [(kind, kind.read(row)) for row in leaving], actor)


def _write(event: str, entitlements: Iterable[tuple[EntitlementKind, Entitlement]], actor: Actor) -> None:
    write(
        [
            build_event(
                event,
                actor=actor,
                subject=each.subject,
                owner=_owner(each),
                kind=kind.name,
                terms=digest_of_terms(each.terms),
            )
            for kind, each in entitlements
        ]
    )


def _owner(entitlement: Entitlement) -> Owner | None:
    if entitlement.project_id is None and entitlement.user_id is None:
        return None
    return Owner.of(entitlement.user_id, entitlement.project_id)


def digest_of_terms(terms: Terms) -> str:
    """Return the SHA-256 of the terms as hexadecimal digits, the same for the same terms."""
    return sha256(json.dumps(terms, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _judged(kind: EntitlementKind, rows: Sequence[Any]) -> list[tuple[Any, str, int | None]]:
    """Return each row with what is wrong with it, or an empty text, and the oldest block of the events about it."""
    entitlements = [kind.read(row) for row in rows]
    known = _replayed(kind, _events_about(kind, rows, entitlements))
    judged = []
    for row, each in zip(rows, entitlements, strict=True):
        key = kind.key_of(each)
        judged.append((row, _reason(kind, key, known, each.terms), known.oldest.get(key)))
    return judged


def _reason(kind: EntitlementKind, key: Key, known: Known, found: Terms) -> str:
    if key not in known:
        return "no audit event explains it"
    terms = known[key]
    if terms is None:
        return "according to the audit log it has ended"
    agrees = terms[DIGEST] == digest_of_terms(found) if DIGEST in terms else kind.agrees(terms, found)
    return "" if agrees else "its terms are not those of the audit log"


def _events_about(
    kind: EntitlementKind, rows: Sequence[Any], entitlements: Sequence[Entitlement]
) -> QuerySet[AuditEvent]:
    if kind.is_found_by_project:
        about = Q(project_id__in={each.project_id for each in entitlements})
    else:
        about = Q(subject_id__in={*(each.subject.id for each in entitlements), *kind.other_subjects(rows)})
    return AuditEvent.objects.filter(about, event__in=kind.events | OF_ANY_KIND).order_by("id")


class _Replayed(dict[Key, Terms | None]):
    """What the events so far say last of each key, and the lowest block of those that said something."""

    def __init__(self) -> None:
        super().__init__()
        self.block: int | None = None
        """The block of the event that is being applied; None if it is newer than all blocks."""
        self.oldest: dict[Key, int] = {}

    def __setitem__(self, key: Key, terms: Terms | None) -> None:
        super().__setitem__(key, terms)
        if self.block is not None:
            self.oldest[key] = min(self.block, self.oldest.get(key, self.block))


def _replayed(kind: EntitlementKind, events: QuerySet[AuditEvent]) -> _Replayed:
    known = _Replayed()
    remaining = events.iterator(CHUNK)
    while piece := expand(islice(remaining, CHUNK)):
        for event in piece:
            known.block = event.block
            _apply(kind, known, event)
    return known


def _apply(kind: EntitlementKind, known: Known, event: AuditEvent) -> None:
    if event.event not in OF_ANY_KIND:
        kind.apply(known, event)
        return
    if event.data.get("kind") != kind.name:
        return
    key = (str(event.project_id) if kind.is_found_by_project else "", event.subject_id)
    # What ended while pruning looked at it has ended all the same.
    if event.event == ACCEPTED or known.get(key, {}) is not None:
        known[key] = {DIGEST: event.data.get("terms")}


def _pieces(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    piece: list[Any] = []
    for row in rows.iterator(CHUNK):
        piece.append(row)
        if len(piece) == CHUNK:
            yield piece
            piece = []
    if piece:
        yield piece
