"""The policy table of secrets: who may do what. The API, the admin and the tests all read it.

Roles count for the secrets of a project. A personal secret is accessible to its owner alone: no role, staff flag or
superuser flag gives access to it through the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from neo_base.access.actors import Actor, ActorKind
from neo_base.access.errors import RefusedByProject, RoleTooLow
from neo_base.access.policies import ADMINS, CONTRIBUTORS, EVERYONE, SIGNED_IN, Rule, check, check_limits
from secrets_app.conf import conf
from secrets_app.errors import InQuarantine, NoSuchSecret
from secrets_app.owners import Owner
from secrets_app.risky_names import is_risky


class Permission(StrEnum):
    SECRET_VIEW = "secret.view"
    SECRET_CREATE = "secret.create"
    SECRET_UPDATE = "secret.update"
    SECRET_DELETE = "secret.delete"
    SECRET_PROMOTE = "secret.promote"
    SECRET_PROMOTE_RISKY = "secret.promote_risky_name"
    TOKEN_MANAGE = "token.manage"
    PROJECT_TOKENS_MANAGE = "project_tokens.manage"
    RUNTIME_USE = "runtime.use"
    GRANT_MANAGE = "grant.manage"
    TASK_ENVIRONMENT = "task.environment"
    TASK_CREATE = "task.create"
    AUDIT_VIEW = "audit.view"


NO_SCOPE = ""
"""The scope of permissions that no token can have, so that they are reserved for people who have signed in."""

PERMISSIONS: Mapping[Permission, Rule] = {
    Permission.SECRET_VIEW: Rule(EVERYONE, "secrets:read", "secrets_app.view_secret"),
    Permission.SECRET_CREATE: Rule(CONTRIBUTORS, "secrets:write", "secrets_app.add_secret"),
    Permission.SECRET_UPDATE: Rule(CONTRIBUTORS, "secrets:write", "secrets_app.change_secret"),
    Permission.SECRET_DELETE: Rule(CONTRIBUTORS, "secrets:write", "secrets_app.delete_secret"),
    Permission.SECRET_PROMOTE: Rule(CONTRIBUTORS, NO_SCOPE, "secrets_app.change_secret"),
    # To decide that a name which changes how programs run may take effect in everybody's tasks.
    Permission.SECRET_PROMOTE_RISKY: Rule(ADMINS, NO_SCOPE, "secrets_app.change_secret"),
    Permission.TOKEN_MANAGE: Rule(SIGNED_IN, NO_SCOPE, "secrets_app.change_servicetoken"),
    # To see whose tokens there are for one project alone, and to end them.
    Permission.PROJECT_TOKENS_MANAGE: Rule(ADMINS, NO_SCOPE, "secrets_app.change_servicetoken"),
    Permission.RUNTIME_USE: Rule(CONTRIBUTORS, "runtime:use", "secrets_app.add_taskgrant"),
    Permission.GRANT_MANAGE: Rule(SIGNED_IN, "runtime:use", "secrets_app.change_taskgrant"),
    # For task tokens. The role is that of the user who granted the task; no service token can have these scopes.
    Permission.TASK_ENVIRONMENT: Rule(CONTRIBUTORS, "task:environment", "secrets_app.add_taskgrant"),
    Permission.TASK_CREATE: Rule(CONTRIBUTORS, "task:secrets:create", "secrets_app.add_secret"),
    Permission.AUDIT_VIEW: Rule(ADMINS, NO_SCOPE, "secrets_app.view_auditevent"),
}


def require(actor: Actor, permission: Permission, owner: Owner) -> None:
    """Return if `actor` holds `permission` for what belongs to `owner`.

    Raise NotAMember, RoleTooLow or ScopeMissing (403) otherwise, or NoSuchSecret (404) if the owner is another user.
    """
    rule = PERMISSIONS[permission]
    if owner.project_id is None and actor.kind is ActorKind.USER:
        check_limits(actor, rule, None)
        if actor.user.pk != owner.user_id:
            raise NoSuchSecret(is_hidden=True)
        return
    check(actor, rule, owner.project_id, conf.membership_policy)


def require_to_take_away(actor: Actor, owner: Owner) -> None:
    """Return if `actor` may take secrets away from `owner`, to another one; raise what `require` raises.

    That takes the permission to delete them. For an operator it counts as a use of the value, too: their own tasks get
    it in a project to which they belong. And they take nobody's personal secrets but their own.
    """
    require(actor, Permission.SECRET_DELETE, owner)
    if actor.kind is ActorKind.STAFF:
        require(actor, Permission.RUNTIME_USE, owner)
        if owner.user_id not in (None, actor.user.pk):
            raise RoleTooLow()


def promotion_of(name: str, owner: Owner) -> Permission:
    """Return the permission that ends the quarantine of a secret of this name and owner."""
    is_for_others = owner.project_id is not None and is_risky(name)
    return Permission.SECRET_PROMOTE_RISKY if is_for_others else Permission.SECRET_PROMOTE


def is_held_for_its_name(actor: Actor, name: str, owner: Owner) -> bool:
    """Return whether a secret of this name needs a promotion if `actor` creates it, sets its value or makes it default.

    So it is with a risky name in a project, unless `actor` may promote it.
    """
    if promotion_of(name, owner) is not Permission.SECRET_PROMOTE_RISKY:
        return False
    try:
        require(actor, Permission.SECRET_PROMOTE_RISKY, owner)
    except RefusedByProject:
        return True
    return False


def require_a_person(actor: Actor, owner: Owner) -> None:
    """Raise InQuarantine if `actor` has signed in with a token. Asked before a secret in quarantine changes."""
    if actor.limits is not None:
        raise InQuarantine(owner.project_id)
