"""The names that a user's threads selected before. A thread never sees what another user selected."""

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
    """Return the names that a task of this thread gets in addition.

    In a project, all threads of the user share their names. Outside, each thread has its own.
    """
    rows = RememberedName.objects.filter(user=user)
    if project_id is None:
        return rows.filter(project=None, thread_id=thread_id)
    return rows.filter(project_id=project_id)


def visible_to(actor: Actor) -> QuerySet[RememberedName]:
    """Return the remembered names of the actor's own threads, without projects that the actor no longer reaches."""
    own = RememberedName.objects.filter(user=actor.user)
    shared = Q(project_id__in=conf.membership_policy.project_ids(actor.user))
    if actor.only_project_id is not None:
        return own.filter(shared, project_id=actor.only_project_id)
    return own.filter(Q(project=None) | shared)


def names_of(rows: Iterable[RememberedName]) -> set[Remembered]:
    """Return the rows as the values that `select` takes."""
    return {Remembered(OwnerKind(row.owner_kind), row.name) for row in rows}
