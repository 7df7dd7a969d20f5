"""Entitlements: rows that give somebody access, each of which audit events explain.

Whoever writes to the database can add such a row and so make themselves anybody. They cannot write an audit event
without a key. So `audit verify` compares each entitlement with what the events say of it. Each app registers the kinds
that it knows in `AppConfig.ready()`, like its events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from neo_base.audit.subjects import Subject

Key = tuple[str, str]
"""The id of the project, for kinds that are found by it, else an empty text; and the id of the subject."""
Terms = dict[str, Any]
"""What an entitlement allows, as JSON holds it, such as `{"role": "admin"}`."""
Known = dict[Key, Terms | None]
"""What events said last of each entitlement: its terms, or None once it has ended."""


class ReportedEvent(Protocol):
    """An audit event, as far as kinds of entitlements read it."""

    event: str
    actor_kind: str
    actor_id: str
    credential_kind: str
    credential_id: str
    project_id: UUID | None
    user_id: str
    subject_id: str
    subject_label: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Entitlement:
    """One row that gives access: whom, to what, on which terms."""

    subject: Subject
    """What audit events call it. With `project_id`, it is a matter of that project; else of `user_id`, or of nobody."""
    terms: Terms
    says: str
    """The row in words, without its kind: "user 7 in project … as admin"."""
    project_id: UUID | None = None
    user_id: Any = None


def _same(known: Terms, found: Terms) -> bool:
    return known == found


def _no_others(rows: Sequence[Any]) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class EntitlementKind:
    """A kind of entitlements, and how to read from audit events which of them there should be."""

    name: str
    """Up to 64 lower-case letters and underscores, such as "membership"."""
    rows: Callable[[], Any]
    """Return the query set of the rows that give access now."""
    read: Callable[[Any], Entitlement]
    events: frozenset[str]
    """The names of the events that begin, change or end one."""
    apply: Callable[[Known, ReportedEvent], None]
    """Write into the mapping what one event says. Called with events of `events`, the oldest first."""
    is_found_by_project: bool = False
    """Whether the events have their project and not their subject in common with the entitlement."""
    other_subjects: Callable[[Sequence[Any]], Iterable[str]] = _no_others
    """Return ids of further subjects whose events say something about these rows."""
    agrees: Callable[[Terms, Terms], bool] = _same
    """Return whether the terms of the events allow those of the row."""

    def key_of(self, entitlement: Entitlement) -> Key:
        """Return the key under which `apply` keeps what events say of this entitlement."""
        project = str(entitlement.project_id) if self.is_found_by_project else ""
        return project, entitlement.subject.id


entitlement_kinds: dict[str, EntitlementKind] = {}
"""The registered kinds by name."""


def register_entitlements(*kinds: EntitlementKind) -> None:
    """Add kinds. Call it in `AppConfig.ready()`."""
    for kind in kinds:
        entitlement_kinds[kind.name] = kind
