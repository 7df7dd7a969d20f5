"""The rule behind every table of permissions, and the membership policy that it asks.

A row of a table names the roles that hold a permission, and the Django model permission that lets an operator do the
same in the admin. A permission without a row is held by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from neo_base.access.actors import Actor, ActorKind
from neo_base.access.errors import NotAMember, RoleTooLow, ScopeMissing
from neo_base.access.roles import Role


@dataclass(frozen=True)
class Rule:
    """Who holds a permission: a row of a policy table."""

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

PolicyTable = Mapping[Any, Rule]
"""From a permission, a member of an app's own `StrEnum`, to who holds it."""

policy_tables: dict[str, PolicyTable] = {}
"""The table of each installed app under its title, in the order in which Django loads the apps."""


class MembershipPolicy(Protocol):
    """What an app asks about membership. A site with a project model of its own answers it with its own class."""

    def role(self, user: Any, project_id: UUID) -> str | None:
        """Return the role of `user`: "viewer", "member" or "admin"; None for non-members and unknown projects."""

    def project_ids(self, user: Any) -> Iterable[UUID]:
        """Return the projects in which `role` is not None; a query set of ids is best, it becomes a subquery."""


def check(actor: Actor, rule: Rule, project_id: UUID | None, memberships: MembershipPolicy) -> None:
    """Return if the rule lets `actor` through: the system always, staff by Django permission, users by their role.

    Raises NotAMember, RoleTooLow or ScopeMissing, all of them 403. Costs one call of `memberships` for each project
    and actor.
    """
    if actor.kind is ActorKind.SYSTEM:
        return
    if actor.kind is ActorKind.STAFF:
        if not actor.user.has_perm(rule.staff):
            raise RoleTooLow(project_id)
        return
    check_limits(actor, rule, project_id)
    if rule.roles == SIGNED_IN:
        return
    if project_id is None:
        raise NotAMember()
    if project_id not in actor.roles:
        actor.roles[project_id] = memberships.role(actor.user, project_id)
    role = actor.roles[project_id]
    if role is None:
        raise NotAMember(project_id)
    if role not in rule.roles:
        raise RoleTooLow(project_id)


def check_limits(actor: Actor, rule: Rule, project_id: UUID | None) -> None:
    """Raise where the credential of `actor` does not reach: ScopeMissing, or NotAMember for another project.

    A project that is not the token's own is answered like one that does not exist.
    """
    check_scope(actor, rule, project_id)
    if actor.only_project_id not in (None, project_id):
        raise ScopeMissing() if project_id is None else NotAMember(project_id)


def check_scope(actor: Actor, rule: Rule, project_id: UUID | None = None) -> None:
    """Raise ScopeMissing where the credential of `actor` lacks the scope of `rule`."""
    if actor.limits is not None and rule.scope not in actor.limits.scopes:
        raise ScopeMissing(project_id)
