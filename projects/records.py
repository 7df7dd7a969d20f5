"""What `projects` tells whoever keeps a record of what happens, in the transaction in which it happens.

Unlike an announcement, which comes after commit: a receiver that fails here undoes the action. `happened` is sent with
`event` (a name such as "member.added"), `actor`, `project_id`, `subject`, and `data` (a mapping, the same for each
event of this name). The sender is the class `Subject`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.dispatch import Signal

from projects.actors import Actor

if TYPE_CHECKING:
    # A site with a project model of its own has this module and not these models.
    from projects.models import Invitation, Membership, Project

happened = Signal()


@dataclass(frozen=True)
class Subject:
    """What something happened to: an id that finds it, and a label that tells people what it was when it is gone."""

    kind: str
    id: str
    label: str = ""


def record(event: str, *, actor: Actor, project_id: UUID, subject: Subject, **data: Any) -> None:
    """To be called inside of the action's transaction. Raises what a receiver raises."""
    happened.send(sender=Subject, event=event, actor=actor, project_id=project_id, subject=subject, data=data)


def record_project(event: str, *, actor: Actor, project: Project, **data: Any) -> None:
    subject = Subject("project", str(project.pk), project.name)
    record(event, actor=actor, project_id=project.pk, subject=subject, **data)


def record_member(event: str, *, actor: Actor, membership: Membership, **data: Any) -> None:
    subject = Subject("user", str(membership.user_id), membership.user.get_username())
    record(event, actor=actor, project_id=membership.project_id, subject=subject, **data)


def record_invitation(event: str, *, actor: Actor, invitation: Invitation) -> None:
    subject = Subject("invitation", str(invitation.pk), invitation.email)
    record(event, actor=actor, project_id=invitation.project_id, subject=subject, role=invitation.role)
