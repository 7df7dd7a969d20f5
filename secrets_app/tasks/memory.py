"""What a user's threads remember of their selections: names, never values, and never another user's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from neo_base.access.actors import Actor
from secrets_app.conf import conf
from secrets_app.models import RememberedName
from secrets_app.models.task_grant import OwnerKind
from secrets_app.tasks.selection import Remembered


def remembered(user: Any, project_id: UUID | None, thread_id: str) -> QuerySet[RememberedName]:
    """What a task of this thread adds: in a project the names of all its threads, else the thread's own."""
    rows = RememberedName.objects.filter(user=user)
    if project_id is None:
        return rows.filter(project=None, thread_id=thread_id)
    return rows.filter(project_id=project_id)


def visible_to(actor: Actor) -> QuerySet[RememberedName]:
    """A user's own: of his personal tasks and of the projects that he and his token still reach."""
    own = RememberedName.objects.filter(user=actor.user)
    shared = Q(project_id__in=conf.membership_policy.project_ids(actor.user))
    if actor.only_project_id is not None:
        return own.filter(shared, project_id=actor.only_project_id)
    return own.filter(Q(project=None) | shared)


def names_of(rows: Iterable[RememberedName]) -> set[Remembered]:
    return {Remembered(OwnerKind(row.owner_kind), row.name) for row in rows}
