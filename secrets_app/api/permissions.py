"""The permission class of this API, which asks the policy table and decides nothing itself, and one for host sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rest_framework.permissions import OperationHolderMixin
from rest_framework.request import Request
from rest_framework.views import APIView

from neo_base.access.actors import Limits
from neo_base.access.errors import ScopeMissing
from neo_base.access.permissions import ScopePermission
from neo_base.access.policies import check_scope
from secrets_app.models.token import TokenScope
from secrets_app.owners import Owner
from secrets_app.policies import PERMISSIONS, Permission, require

if TYPE_CHECKING:
    from secrets_app.api.base import PolicyView


class PolicyPermission(ScopePermission):
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


class HasScope(OperationHolderMixin, ScopePermission):
    """A permission for a view of the host site that takes service tokens: the token needs `scope`.

        authentication_classes = [ServiceTokenAuthentication, SessionAuthentication]
        permission_classes = [HasScope("secrets:read")]

    Nobody passes who has not signed in. People who have are not limited by scopes. A token for one project passes only
    where `project` names the URL argument with the id of a project, and it is that one.
    """

    message = ScopeMissing.default_detail
    code = ScopeMissing.default_code

    def __init__(self, scope: str, *, project: str = "") -> None:
        """Raise ValueError if no service token can have this scope."""
        if scope not in TokenScope.values:
            raise ValueError(f"No service token has the scope {scope!r}. Choose from: {', '.join(TokenScope.values)}.")
        self._scope = scope
        self._project = project

    def __call__(self) -> HasScope:
        """Return itself: DRF calls each permission class for an instance."""
        return self

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        limits: Limits | None = getattr(request.auth, "limits", None)
        if limits is None:
            return True
        return self._scope in limits.scopes and self._reaches(limits, view)

    def _reaches(self, limits: Limits, view: APIView) -> bool:
        return limits.project_id is None or str(limits.project_id) == str(view.kwargs.get(self._project))
