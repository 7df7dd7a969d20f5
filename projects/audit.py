"""Reports of projects to the audit log."""

from __future__ import annotations

from typing import Any

from neo_base.access.actors import Actor
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from projects.models import Invitation, Membership, Project


def record_project(event: str, *, actor: Actor, project: Project, **data: Any) -> None:
    """Report what happened to a project."""
    size = len(project.settings_md.encode()) + len(str(project.tags).encode())
    record(event, actor=actor, project_id=project.pk, subject=project.subject, stored_bytes=size, **data)


def record_member(event: str, *, actor: Actor, membership: Membership, **data: Any) -> None:
    """Report what happened to a member; the subject is the user."""
    record(event, actor=actor, project_id=membership.project_id, subject=Subject.of_user(membership.user), **data)


def record_invitation(event: str, *, actor: Actor, invitation: Invitation) -> None:
    """Report what happened to an invitation."""
    project_id, subject = invitation.project_id, invitation.subject
    record(event, actor=actor, project_id=project_id, subject=subject, role=invitation.role)
