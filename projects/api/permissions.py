"""The permission class of the projects API. It asks the policy table and decides nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rest_framework.request import Request
from rest_framework.views import APIView

from neo_base.access.errors import NotAMember
from neo_base.access.permissions import ScopePermission
from neo_base.rest.errors import Missing
from projects.policies import Permission, require

if TYPE_CHECKING:
    from neo_base.access.views import ActorView


class ProjectPermission(ScopePermission):
    """A permission class that answers 404 to non-members of the project, 403 if role or scope is insufficient."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor_view = cast("ActorView", view)
        permission = cast(Permission, actor_view.required_permission)
        project_id = view.kwargs.get("project_id")
        try:
            require(actor_view.actor, permission, project_id)
        except NotAMember:
            if project_id is None:
                raise
            raise Missing(is_hidden=True) from None
        return True
