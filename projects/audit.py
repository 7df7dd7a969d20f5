"""What projects report to the audit log."""

from __future__ import annotations

from typing import Any

from neo_base.access.actors import Actor
from neo_base.access.audit_subjects import Subject, record
from projects.models import Invitation, Membership, Project


def record_project(event: str, *, actor: Actor, project: Project, **data: Any) -> None:
    """Report what happened to a project."""
    subject = Subject("project", str(project.pk), project.name)
    record(event, actor=actor, project_id=project.pk, subject=subject, **data)


def record_member(event: str, *, actor: Actor, membership: Membership, **data: Any) -> None:
    """Report what happened to a member; the subject is the user."""
    subject = Subject("user", str(membership.user_id), membership.user.get_username())
    record(event, actor=actor, project_id=membership.project_id, subject=subject, **data)


def record_invitation(event: str, *, actor: Actor, invitation: Invitation) -> None:
    """Report what happened to an invitation."""
    subject = Subject("invitation", str(invitation.pk), invitation.email)
    record(event, actor=actor, project_id=invitation.project_id, subject=subject, role=invitation.role)
