"""What a reader of the audit log is shown: other people's personal secrets are counted, and never named.

A task for a project may also get personal secrets of the member who started it. The event belongs to the project, so
that its admins read it. The events themselves stay whole, for `audit verify` and `audit export`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from neo_base.access.actors import ActorKind
from secrets_app.audit.belonging import SECRET, Belonging
from secrets_app.audit.events import NAMING_SECRETS
from secrets_app.audit.granted_sets import expand
from secrets_app.models import AuditEvent
from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.models.shown_event import Event
from secrets_app.plaintext import BULLETS

# A refused attempt says "object" of whatever was asked for.
KINDS = (SECRET, "object")
STARTER = ActorKind.USER.value


def shown_to(reader: Any, events: Iterable[Event]) -> list[Event]:
    """Return the events as the user `reader` may see them, changed in place.

    Of other people's personal secrets, `data` has the number alone, in `personal_secrets`, and a subject is bullets
    without an id. Costs a query if an event names a granted set, and three for each 1,000 secrets of projects' tasks.
    """
    events = expand(events)
    shared = _belonging(event for event in events if not _is_readers_own(reader, event))
    for event in events:
        if not _is_readers_own(reader, event):
            _withhold(event, shared)
    return events


def concerning_for(
    reader: Any, rows: AuditEventQuerySet, secret_id: UUID, project_id: UUID | None
) -> AuditEventQuerySet:
    """Return the events of `rows` about a secret, and those that exposed it.

    In a project's log, another member's personal secret has none: otherwise its id would find the events that hide it.
    Of a secret that moved, there are those of its time in the project.
    """
    rows = rows.concerning(secret_id)
    if project_id is None:
        return rows
    shared = Belonging({str(project_id)}, {str(secret_id)}).events_while_in(project_id, secret_id)
    return rows.filter(_started_by(reader) if shared is None else shared | _started_by(reader))


def exposures_of(secret_id: UUID, *, limit: int, before: UUID | None = None) -> tuple[list[UUID], list[AuditEvent]]:
    """Return the latest events that gave the secret's value out, newest first, since it came to its owner.

    First the ids of up to `limit` events, and one more if there is one; then the events, with the secrets that each
    exposed. Costs four queries.
    """
    arrival = AuditEvent.objects.arrival_of(secret_id)
    found = list(AuditEvent.objects.uses_of(secret_id, before=before, after=arrival)[: limit + 1])
    events = expand(AuditEvent.objects.filter(id__in=found[:limit]).order_by("-id"))
    # Without its set, which `audit verify` reports missing, an event does not tell the version.
    return found, [event for event in events if "secrets" in event.data]


def without_hidden_subjects(reader: Any, rows: AuditEventQuerySet, asked: Iterable[str]) -> AuditEventQuerySet:
    """Return `rows` without the events about other people's personal secrets with one of the ids in `asked`."""
    others = ~Q(user_id__in=["", str(reader.pk)])
    return rows.exclude(others, subject_kind__in=KINDS, subject_id__in=list(asked))


def _is_readers_own(reader: Any, event: Event) -> bool:
    """Return whether the event is the reader's own matter, or of a task that they started themself."""
    if event.user_id:
        return event.user_id == str(reader.pk)
    return event.actor_kind == STARTER and event.actor_id == str(reader.pk)


def _started_by(reader: Any) -> Q:
    return Q(actor_kind=STARTER, actor_id=str(reader.pk))


def _withhold(event: Event, shared: Belonging) -> None:
    if event.user_id and event.subject_kind in KINDS:
        event.subject_id, event.subject_label = "", BULLETS
    if event.event in NAMING_SECRETS:
        named = event.data.get("secrets", [])
        shown = [each for each in named if shared.was_in(event.project_id, each["id"], event.id)]
        if len(shown) < len(named):
            event.data = {**event.data, "secrets": shown, "personal_secrets": len(named) - len(shown)}


def _belonging(events: Iterable[Event]) -> Belonging:
    """Return what is known of the secrets that the events of projects name."""
    projects, secrets = set(), set()
    for event in events:
        if event.event in NAMING_SECRETS and event.project_id is not None:
            projects.add(str(event.project_id))
            secrets |= {each["id"] for each in event.data.get("secrets", []) if each["id"]}
    return Belonging(projects, secrets)
