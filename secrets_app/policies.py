"""Who may do what with secrets. The table is the policy: the API, the admin and the tests all read it.

The roles count for the secrets of a project. A personal secret is its owner's alone: no role, no staff flag and no
superuser flag opens it through the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from projects.actors import Actor, Kind
from projects.policies import CONTRIBUTORS, EVERYONE, Grant, check
from secrets_app.conf import conf
from secrets_app.errors import NoSuchSecret
from secrets_app.scopes import Scope


class Permission(StrEnum):
    SECRET_VIEW = "secret.view"
    SECRET_CREATE = "secret.create"
    SECRET_UPDATE = "secret.update"
    SECRET_DELETE = "secret.delete"


PERMISSIONS: Mapping[Permission, Grant] = {
    Permission.SECRET_VIEW: Grant(EVERYONE, "secrets_app.view_secret"),
    Permission.SECRET_CREATE: Grant(CONTRIBUTORS, "secrets_app.add_secret"),
    Permission.SECRET_UPDATE: Grant(CONTRIBUTORS, "secrets_app.change_secret"),
    Permission.SECRET_DELETE: Grant(CONTRIBUTORS, "secrets_app.delete_secret"),
}


def require(actor: Actor, permission: Permission, scope: Scope) -> None:
    """Return if `actor` holds `permission` in `scope`; else raise NotAMember, RoleTooLow or NoSuchSecret."""
    if scope.project_id is None and actor.kind is Kind.USER:
        if actor.user.pk != scope.owner_id:
            raise NoSuchSecret()
        return
    check(actor, PERMISSIONS[permission], scope.project_id, conf.membership_policy)
