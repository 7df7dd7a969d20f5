"""Which secrets are or were a project's, and when: a secret that moved was the project's only for a time.

The log of a project goes on naming what was its own, and counts what was somebody's personal secret at that moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q

from secrets_app.models import AuditEvent, Secret

CHUNK = 1_000
SECRET = "secret"
ARRIVED, DEPARTED = "secret.arrived", "secret.departed"

Pair = tuple[str, str]
"""The ids of a project and of a secret."""


class Belonging:
    """What the audit log knows of these secrets and these projects. Costs three queries for each 1,000 secrets.

    A secret is known by its row, or by an event about it in the project. Pruning takes no deletion away whose secret a
    later event names, so one of the two is there.
    """

    def __init__(self, projects: Set[str], secrets: Set[str]) -> None:
        self._known: set[Pair] = set()
        self._moves: defaultdict[Pair, list[tuple[UUID, bool]]] = defaultdict(list)
        for ids in _chunks(secrets):
            held = Secret.objects.filter(pk__in=ids, project_id__in=projects)
            self._known |= {(str(project), str(secret)) for project, secret in held.values_list("project_id", "pk")}
            about = AuditEvent.objects.filter(subject_kind=SECRET, subject_id__in=ids, project_id__in=projects)
            named = about.order_by().values_list("project_id", "subject_id").distinct()
            self._known |= {(str(project), secret) for project, secret in named}
            moves = about.filter(event__in=(ARRIVED, DEPARTED)).order_by("id")
            for project, secret, event_id, event in moves.values_list("project_id", "subject_id", "id", "event"):
                self._moves[str(project), secret].append((event_id, event == ARRIVED))

    def was_in(self, project_id: Any, secret_id: str, at: UUID) -> bool:
        """Return whether the secret was the project's when the event with the id `at` was written."""
        pair = (str(project_id), secret_id)
        if pair not in self._known:
            return False
        moves = self._moves.get(pair, [])
        following = next((not came for event_id, came in moves if event_id > at), None)
        return following if following is not None else (not moves or moves[-1][1])

    def events_while_in(self, project_id: UUID, secret_id: UUID) -> Q | None:
        """Return the condition of events written while the secret was the project's; None if it never was."""
        pair = (str(project_id), str(secret_id))
        if pair not in self._known:
            return None
        moves = self._moves.get(pair, [])
        # Not `Q()` for everything: "or" with something else, that one is the something else.
        condition, came = Q(pk__in=[]), ~Q(pk__in=[])
        for event_id, is_in in moves:
            if not is_in:
                condition |= came & Q(id__lte=event_id)
            came = Q(id__gte=event_id)
        return condition if moves and not moves[-1][1] else condition | came


def _chunks(ids: Set[str]) -> Iterator[list[str]]:
    remaining = iter(sorted(ids))
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
