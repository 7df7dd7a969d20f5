"""What a reader of the audit log is shown: other people's personal secrets are counted, and never named.

A task for a project may also get personal secrets of the member who started it. The event belongs to the project, so
that its admins read it. The events themselves stay whole, for `audit verify` and `audit export`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q

from neo_base.access.actors import ActorKind
from secrets_app.audit.events import NAMING_SECRETS
from secrets_app.audit.granted_sets import expand
from secrets_app.models import AuditEvent, Secret
from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.plaintext import BULLETS

CHUNK = 1_000
SECRET = "secret"
# A refused attempt says "object" of whatever was asked for.
KINDS = (SECRET, "object")
STARTER = ActorKind.USER.value

Pair = tuple[str, str]
"""The ids of a project and of a secret."""


def shown_to(reader: Any, events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Return the events as the user `reader` may see them, changed in place; never save them.

    Of other people's personal secrets, `data` has the number alone, in `personal_secrets`, and a subject is bullets
    without an id. Costs a query if an event names a granted set, and two for each 1,000 secrets of projects' tasks.
    """
    events = expand(events)
    shared = _secrets_of_projects(event for event in events if not _is_readers_own(reader, event))
    for event in events:
        if not _is_readers_own(reader, event):
            _withhold(event, shared)
    return events


def is_secret_of_project(project_id: UUID, secret_id: UUID) -> bool:
    """Return whether the secret is, or was until it was deleted, one of the project's. Costs two queries at most."""
    return bool(_known({str(project_id)}, {str(secret_id)}))


def concerning_for(
    reader: Any, rows: AuditEventQuerySet, secret_id: UUID, project_id: UUID | None
) -> AuditEventQuerySet:
    """Return the events of `rows` about a secret, and those that exposed it.

    In a project's log, another member's personal secret has none: otherwise its id would find the events that hide it.
    """
    rows = rows.concerning(secret_id)
    if project_id is None or is_secret_of_project(project_id, secret_id):
        return rows
    return rows.filter(_started_by(reader))


def without_hidden_subjects(reader: Any, rows: AuditEventQuerySet, asked: Iterable[str]) -> AuditEventQuerySet:
    """Return `rows` without the events about other people's personal secrets with one of the ids in `asked`."""
    others = ~Q(user_id__in=["", str(reader.pk)])
    return rows.exclude(others, subject_kind__in=KINDS, subject_id__in=list(asked))


def _is_readers_own(reader: Any, event: AuditEvent) -> bool:
    """Return whether the event is the reader's own matter, or of a task that they started themself."""
    if event.user_id:
        return event.user_id == str(reader.pk)
    return event.actor_kind == STARTER and event.actor_id == str(reader.pk)


def _started_by(reader: Any) -> Q:
    return Q(actor_kind=STARTER, actor_id=str(reader.pk))


def _withhold(event: AuditEvent, shared: set[Pair]) -> None:
    if event.user_id and event.subject_kind in KINDS:
        event.subject_id, event.subject_label = "", BULLETS
    if event.event in NAMING_SECRETS:
        named = event.data.get("secrets", [])
        shown = [each for each in named if (str(event.project_id), each["id"]) in shared]
        if len(shown) < len(named):
            event.data = {**event.data, "secrets": shown, "personal_secrets": len(named) - len(shown)}


def _secrets_of_projects(events: Iterable[AuditEvent]) -> set[Pair]:
    """Return which of the secrets named in the events belong, or belonged, to the project of their event."""
    projects, secrets = set(), set()
    for event in events:
        if event.event in NAMING_SECRETS and event.project_id is not None:
            projects.add(str(event.project_id))
            secrets |= {each["id"] for each in event.data.get("secrets", []) if each["id"]}
    return _known(projects, secrets)


def _known(projects: set[str], secrets: set[str]) -> set[Pair]:
    """Return the pairs of which a secret, or the event of its deletion, says that it is the project's.

    Pruning takes no deletion away whose secret a later event names, so one of the two is there.
    """
    found: set[Pair] = set()
    for ids in _chunks(secrets):
        held = Secret.objects.filter(pk__in=ids, project_id__in=projects)
        found |= {(str(project), str(secret)) for project, secret in held.values_list("project_id", "pk")}
        gone = AuditEvent.objects.filter(subject_kind=SECRET, subject_id__in=ids, project_id__in=projects)
        named = gone.order_by().values_list("project_id", "subject_id").distinct()
        found |= {(str(project), secret) for project, secret in named}
    return found


def _chunks(ids: set[str]) -> Iterator[list[str]]:
    remaining = iter(sorted(ids))
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
