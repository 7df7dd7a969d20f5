"""The permission class of this API. It asks the policy table and decides nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from neo_base.access.policies import check_scope
from secrets_app.owners import Owner
from secrets_app.policies import PERMISSIONS, Permission, require

if TYPE_CHECKING:
    from secrets_app.api.base import PolicyView


class PolicyPermission(BasePermission):
    """A check that the user holds the view's permission in every project that the request names.

    An unknown project and a project without the user get the same 403. For a single object, the view has to fetch it
    through `visible_to` first, so that the user gets 404 for what they cannot see; then the permission is checked here.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        policy_view = cast("PolicyView", view)
        permission = cast(Permission, policy_view.required_permission)
        check_scope(policy_view.actor, PERMISSIONS[permission])
        for project_id in policy_view.requested_project_ids():
            require(policy_view.actor, permission, Owner(project_id=project_id))
        return True

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        policy_view = cast("PolicyView", view)
        require(policy_view.actor, cast(Permission, policy_view.required_permission), obj.owner)
        return True
