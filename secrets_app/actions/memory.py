"""All changes to the memory of threads: names are remembered when a task selects them, and forgotten on request."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from secrets_app.audit.recording import record
from secrets_app.models import RememberedName
from secrets_app.models.task_grant import OwnerKind, Reason
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require
from secrets_app.tasks.memory import visible_to
from secrets_app.tasks.selection import Candidate, Given


@atomic
def forget_names(*, actor: Actor, project_id: UUID | None = None, thread_id: str | None = None) -> None:
    """Forget the names that the actor's threads remember: all, or those of one project, of one thread, or of both.

    Raises what `require` raises for a project.
    """
    rows = visible_to(actor)
    if project_id is not None:
        require(actor, Permission.RUNTIME_USE, Owner(project_id=project_id))
        rows = rows.filter(project_id=project_id)
    if thread_id is not None:
        rows = rows.filter(thread_id=thread_id)
    count, _ = rows.delete()
    subject = Subject("thread", label=thread_id or "")
    owner = Owner.of(actor.user.pk, project_id)
    record("memory.cleared", actor=actor, subject=subject, owner=owner, count=count)


def forget_deleted(
    rows: QuerySet[RememberedName], candidates: Iterable[Candidate], owner_kinds: Collection[OwnerKind]
) -> None:
    """Forget the names in `rows` that no candidate has any more. `candidates` are all secrets of these owners."""
    existing = {(candidate.owner_kind, candidate.name) for candidate in candidates}
    gone = [row.pk for row in rows if row.owner_kind in owner_kinds and (row.owner_kind, row.name) not in existing]
    if gone:
        RememberedName.objects.filter(pk__in=gone).delete()


def remember_selected(user: Any, project_id: UUID | None, thread_id: str, given: Iterable[Given]) -> None:
    """Remember for a thread the names that its task selected and got, each once."""
    RememberedName.objects.bulk_create(
        [
            RememberedName(
                user=user, project_id=project_id, thread_id=thread_id, owner_kind=secret.owner_kind, name=secret.name
            )
            for secret, reason in given
            if reason is Reason.SELECTED
        ],
        ignore_conflicts=True,
    )
