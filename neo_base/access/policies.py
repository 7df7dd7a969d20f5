"""The access rule behind every policy table, and the membership policy that it asks.

A row of a policy table names the roles that hold a permission, and the Django model permission that allows the same
to an operator in the admin. Nobody holds a permission that has no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Expression, QuerySet

from neo_base.access.actors import Actor, ActorKind
from neo_base.access.errors import NotAMember, RoleTooLow, ScopeMissing
from neo_base.access.roles import Role


@dataclass(frozen=True)
class Rule:
    """A row of a policy table: who holds one permission."""

    roles: frozenset[str]
    """The roles in the project that hold it; `SIGNED_IN` for every signed-in user."""
    scope: str
    """The scope that a service token needs in addition to its owner's role."""
    staff: str
    """The Django permission, `app_label.codename`, that an operator needs in the admin."""


EVERYONE = frozenset({Role.VIEWER, Role.MEMBER, Role.ADMIN})
CONTRIBUTORS = frozenset({Role.MEMBER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
SIGNED_IN = frozenset({"anyone"})
"""Every signed-in user, for permissions that do not concern one project."""

PolicyTable = Mapping[Any, Rule]
"""A mapping from permission, a member of the app's own `StrEnum`, to its rule."""

policy_tables: dict[str, PolicyTable] = {}
"""The policy table of each installed app by its title, in the order in which Django loads the apps."""


class MembershipPolicy(Protocol):
    """The questions about membership that apps ask. A site with its own project model provides its own class.

    A class may also have `roles_of(user)`: see `roles_for`.
    """

    def role(self, user: Any, project_id: UUID) -> str | None:
        """Return the role of `user`: "viewer", "member" or "admin"; None for non-members and unknown projects."""

    def project_ids(self, user: Any) -> Iterable[UUID]:
        """Return the ids of the projects in which `role` is not None, best as a query set: that becomes a subquery."""


def roles_for(policy: MembershipPolicy, user: Expression) -> QuerySet[Any, Any] | None:
    """Return the rows with `project_id` and `role` of `user`, the key of one, by the policy's method `roles_of`.

    None where it has none. That method has to say what `role` and `project_ids` say, so it counts only if one class has
    all three: a subclass that changes one of them has not thought of the others.
    """
    homes = {_home(type(policy), name) for name in ("roles_of", "role", "project_ids")}
    roles_of: Any = getattr(policy, "roles_of", None)
    return roles_of(user) if roles_of is not None and len(homes) == 1 else None


def _home(policy: type[Any], method: str) -> type[Any] | None:
    return next((each for each in policy.__mro__ if method in vars(each)), None)


def check(actor: Actor, rule: Rule, project_id: UUID | None, memberships: MembershipPolicy) -> None:
    """Return if `rule` allows `actor`: the system always, staff by Django permission, users by their role.

    Raise NotAMember, RoleTooLow or ScopeMissing otherwise, all of them 403. Asks `memberships` once for each actor
    and project.
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
    """Raise ScopeMissing if the credential of `actor` lacks the scope, or NotAMember if it is for another project.

    A token for one project gets the same answer for other projects as for unknown ones.
    """
    check_scope(actor, rule, project_id)
    if actor.only_project_id not in (None, project_id):
        raise ScopeMissing() if project_id is None else NotAMember(project_id)


def check_scope(actor: Actor, rule: Rule, project_id: UUID | None = None) -> None:
    """Raise ScopeMissing if the credential of `actor` lacks the scope of `rule`."""
    if actor.limits is not None and rule.scope not in actor.limits.scopes:
        raise ScopeMissing(project_id)
