"""The policy of projects: a table of who may do what, which the API, the admin and the tests read.

`neo_base.access.policies` has the rule that applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Expression, QuerySet

from neo_base.access.actors import Actor
from neo_base.access.policies import ADMINS, EVERYONE, SIGNED_IN, Rule, check
from projects.conf import conf
from projects.models import Membership, Project


class Permission(StrEnum):
    """What roles allow in projects: the rows of the policy table."""

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


PERMISSIONS: Mapping[Permission, Rule] = {
    Permission.PROJECT_LIST: Rule(SIGNED_IN, "projects:read", "projects.view_project"),
    Permission.PROJECT_CREATE: Rule(SIGNED_IN, "projects:write", "projects.add_project"),
    Permission.PROJECT_VIEW: Rule(EVERYONE, "projects:read", "projects.view_project"),
    Permission.PROJECT_UPDATE: Rule(ADMINS, "projects:write", "projects.change_project"),
    Permission.PROJECT_DELETE: Rule(ADMINS, "projects:write", "projects.delete_project"),
    Permission.PROJECT_TRANSFER: Rule(ADMINS, "projects:write", "projects.change_membership"),
    Permission.MEMBERS_VIEW: Rule(EVERYONE, "projects:read", "projects.view_membership"),
    Permission.MEMBERS_MANAGE: Rule(ADMINS, "projects:write", "projects.change_membership"),
    Permission.MEMBERS_LEAVE: Rule(EVERYONE, "projects:write", "projects.change_membership"),
    Permission.INVITATIONS_MANAGE: Rule(ADMINS, "projects:write", "projects.change_invitation"),
    Permission.INVITATIONS_ANSWER: Rule(SIGNED_IN, "projects:write", "projects.change_invitation"),
}


class DefaultMembershipPolicy:
    """The membership policy of sites that use this app's projects.

    It gives the roles of `ProjectQuerySet.visible_to`, those in the list of projects, and reads them at each call.
    """

    def role(self, user: Any, project_id: UUID) -> str | None:
        rows = Project.objects.visible_to(user).filter(pk=project_id)
        return rows.order_by().values_list("role", flat=True).first()  # type: ignore[misc]  # `visible_to` annotates it.

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return Project.objects.visible_to(user).order_by().values_list("pk", flat=True)

    def roles_of(self, user: Expression) -> QuerySet[Any, Any] | None:
        """Return rows with `project_id` and `role`, to be joined to a statement that names the user.

        None where the site gives the team a role: then no membership alone tells it.
        """
        return Membership.objects.filter(user=user).order_by() if conf.team_role is None else None


def require(actor: Actor, permission: Permission, project_id: UUID | None = None) -> None:
    """Return if `actor` holds `permission`, in the project if the permission concerns one.

    Raise NotAMember, RoleTooLow or ScopeMissing otherwise, all of them 403.
    """
    check(actor, PERMISSIONS[permission], project_id, DefaultMembershipPolicy())
