"""Who may do what in a project. The table is the policy: the API, the admin and the tests all read it.

A row names the roles that hold a permission, and the Django model permission that lets an operator do the same in the
admin. What has no row is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from projects.actors import Actor, Kind
from projects.errors import NotAMember, RoleTooLow, ScopeMissing
from projects.roles import Role


class Permission(StrEnum):
    PROJECT_LIST = "project.list"
    PROJECT_CREATE = "project.create"
    PROJECT_VIEW = "project.view"
    PROJECT_UPDATE = "project.update"
    PROJECT_DELETE = "project.delete"
    PROJECT_TRANSFER = "project.transfer"
    MEMBERS_VIEW = "members.view"
    MEMBERS_MANAGE = "members.manage"
    MEMBERS_LEAVE = "members.leave"
    INVITATIONS_MANAGE = "invitations.manage"
    INVITATIONS_ANSWER = "invitations.answer"


@dataclass(frozen=True)
class Grant:
    """Who holds a permission."""

    roles: frozenset[str]
    scope: str
    """The scope that a service token needs on top of its owner's role."""
    staff: str
    """The Django permission, `app_label.codename`, that an operator needs in the admin."""


EVERYONE = frozenset({Role.VIEWER, Role.MEMBER, Role.ADMIN})
CONTRIBUTORS = frozenset({Role.MEMBER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
SIGNED_IN = frozenset({"anyone"})
"""Every signed-in user: the permission is not about a project."""

PERMISSIONS: Mapping[Permission, Grant] = {
    Permission.PROJECT_LIST: Grant(SIGNED_IN, "projects:read", "projects.view_project"),
    Permission.PROJECT_CREATE: Grant(SIGNED_IN, "projects:write", "projects.add_project"),
    Permission.PROJECT_VIEW: Grant(EVERYONE, "projects:read", "projects.view_project"),
    Permission.PROJECT_UPDATE: Grant(ADMINS, "projects:write", "projects.change_project"),
    Permission.PROJECT_DELETE: Grant(ADMINS, "projects:write", "projects.delete_project"),
    Permission.PROJECT_TRANSFER: Grant(ADMINS, "projects:write", "projects.change_membership"),
    Permission.MEMBERS_VIEW: Grant(EVERYONE, "projects:read", "projects.view_membership"),
    Permission.MEMBERS_MANAGE: Grant(ADMINS, "projects:write", "projects.change_membership"),
    Permission.MEMBERS_LEAVE: Grant(EVERYONE, "projects:write", "projects.change_membership"),
    Permission.INVITATIONS_MANAGE: Grant(ADMINS, "projects:write", "projects.change_invitation"),
    Permission.INVITATIONS_ANSWER: Grant(SIGNED_IN, "projects:write", "projects.change_invitation"),
}


class MembershipPolicy(Protocol):
    """What `secrets_app` asks about membership. A site with its own project model answers it with its own class."""

    def role(self, user: Any, project_id: UUID) -> str | None:
        """The role of `user`: "viewer", "member" or "admin"; None for everybody else and for unknown projects."""

    def project_ids(self, user: Any) -> Iterable[UUID]:
        """The projects in which `role` is not None; a query set of ids is best, it becomes a subquery."""


class DefaultMembershipPolicy:
    """What `ProjectQuerySet.visible_to` says, and so what the list of projects shows; read afresh at each call."""

    def role(self, user: Any, project_id: UUID) -> str | None:
        from projects.models import Project

        rows = Project.objects.visible_to(user).filter(pk=project_id)
        return rows.order_by().values_list("role", flat=True).first()  # type: ignore[misc]  # Annotated there.

    def project_ids(self, user: Any) -> Iterable[UUID]:
        from projects.models import Project

        return Project.objects.visible_to(user).order_by().values_list("pk", flat=True)


def require(actor: Actor, permission: Permission, project_id: UUID | None = None) -> None:
    """Return if `actor` holds `permission` (in the project, where it is about one).

    Else raise NotAMember, RoleTooLow or ScopeMissing, all of them 403.
    """
    check(actor, PERMISSIONS[permission], project_id, DefaultMembershipPolicy())


def check(actor: Actor, grant: Grant, project_id: UUID | None, memberships: MembershipPolicy) -> None:
    """The rule behind every table of grants: system, staff by Django permission, users by role in this project."""
    if actor.kind is Kind.SYSTEM:
        return
    if actor.kind is Kind.STAFF:
        if not actor.user.has_perm(grant.staff):
            raise RoleTooLow(project_id)
        return
    check_limits(actor, grant, project_id)
    if grant.roles == SIGNED_IN:
        return
    if project_id is None:
        raise NotAMember()
    if project_id not in actor.roles:
        actor.roles[project_id] = memberships.role(actor.user, project_id)
    role = actor.roles[project_id]
    if role is None:
        raise NotAMember(project_id)
    if role not in grant.roles:
        raise RoleTooLow(project_id)


def check_limits(actor: Actor, grant: Grant, project_id: UUID | None) -> None:
    """What a service token takes away. Another project than its own is answered like one that does not exist."""
    check_scope(actor, grant, project_id)
    if actor.limits is not None and actor.limits.project_id not in (None, project_id):
        raise ScopeMissing() if project_id is None else NotAMember(project_id)


def check_scope(actor: Actor, grant: Grant, project_id: UUID | None = None) -> None:
    if actor.limits is not None and grant.scope not in actor.limits.scopes:
        raise ScopeMissing(project_id)
