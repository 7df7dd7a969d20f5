"""The mark of permission classes that ask for a scope. Tokens sign in at views that have one, and at no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import AND, OR, BasePermission

if TYPE_CHECKING:
    # Authentication classes ask `names_scope`, and DRF imports those of a site while it imports its views.
    from rest_framework.views import APIView


class ScopePermission(BasePermission):
    """A permission class that refuses a token without the scope that the view, or the class itself, names."""


def names_scope(view: APIView) -> bool:
    """Return whether no request can pass the permissions of `view` without being asked for a scope."""
    return any(_always_asks(permission) for permission in view.get_permissions())


def _always_asks(permission: object) -> bool:
    if not isinstance(permission, AND | OR):
        return isinstance(permission, ScopePermission)
    joined: Any = permission
    asks = [_always_asks(joined.op1), _always_asks(joined.op2)]
    return any(asks) if isinstance(permission, AND) else all(asks)
