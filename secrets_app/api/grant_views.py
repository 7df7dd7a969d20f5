"""The task grants API: what a task may see is granted, explained, looked at and revoked here; never read here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.offset_pagination import envelope, read_page
from neo_base.rest.refusals import find
from secrets_app.actions.grants import GrantRequest, create_grant, explain_grant, revoke_grant
from secrets_app.actions.memory import forget_names
from secrets_app.api.base import PolicyView, named_project_ids
from secrets_app.api.grant_serializers import (
    GrantCreate,
    GrantExplanation,
    GrantList,
    GrantOut,
    GrantPageQuery,
    NewGrantOut,
    RememberedList,
    RememberedOut,
    RememberedPageQuery,
    RememberedQuery,
)
from secrets_app.models import ServiceToken, TaskGrant
from secrets_app.policies import Permission
from secrets_app.tasks import memory


class BaseGrantView(PolicyView):
    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.body] if self.request.method == "POST" else [])

    def grant_request(self) -> GrantRequest:
        body = GrantCreate(data=self.request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(body.validated_data)
        return GrantRequest(**{**given, "secrets": given["secrets"] or ()})

    def visible_grant(self, grant_id: UUID) -> TaskGrant:
        return find(TaskGrant.objects.visible_to(self.actor).with_secrets(), grant_id)


@extend_schema(tags=["Task grants"])
class GrantListView(BaseGrantView):
    permissions = {"GET": Permission.GRANT_MANAGE, "POST": Permission.RUNTIME_USE}
    query_serializers = {"GET": GrantPageQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}

    @extend_schema(operation_id="listTaskGrants", summary="List task grants", responses=GrantList)
    def get(self, request: Request) -> Response:
        """The caller's grants, newest first; those that have ended stay for a while."""
        grants, count = read_page(TaskGrant.objects.visible_to(self.actor).with_secrets(), **self.query)
        return Response(envelope(request, GrantOut(grants, many=True).data, count=count, **self.query))

    @extend_schema(
        operation_id="createTaskGrant",
        summary="Grant a task its secrets",
        request=GrantCreate,
        responses={201: NewGrantOut},
    )
    def post(self, request: Request) -> Response:
        """Make a token for one task, and say what it gives and what not. The token is shown once."""
        by_token = request.auth if isinstance(request.auth, ServiceToken) else None
        new = create_grant(actor=self.actor, grant_request=self.grant_request(), service_token=by_token)
        return Response({**GrantOut(new.row).data, "token": new.text}, 201)


@extend_schema(tags=["Task grants"])
class GrantExplainView(BaseGrantView):
    permissions = {"POST": Permission.RUNTIME_USE}
    problem_statuses = {"POST": [403, 409]}

    @extend_schema(
        operation_id="explainTaskGrant",
        summary="Explain what a grant would give",
        request=GrantCreate,
        responses={200: GrantExplanation},
    )
    def post(self, request: Request) -> Response:
        """What the same request would grant at this moment. Makes no token, and nothing is remembered or recorded."""
        grant = explain_grant(actor=self.actor, grant_request=self.grant_request())
        return Response(GrantExplanation(grant).data)


@extend_schema(tags=["Task grants"])
class GrantView(BaseGrantView):
    permissions = {"GET": Permission.GRANT_MANAGE, "DELETE": Permission.GRANT_MANAGE}
    problem_statuses = {"GET": [403], "DELETE": [403]}

    @extend_schema(operation_id="getTaskGrant", summary="Get a task grant", responses=GrantOut)
    def get(self, request: Request, grant_id: UUID) -> Response:
        """One of the caller's grants."""
        return Response(GrantOut(self.visible_grant(grant_id)).data)

    @extend_schema(operation_id="revokeTaskGrant", summary="Revoke a task grant", responses={204: None})
    def delete(self, request: Request, grant_id: UUID) -> Response:
        """End a grant; its token is refused from the next request on. One that has ended already stays as it is."""
        self.visible_grant(grant_id)
        revoke_grant(actor=self.actor, grant_id=grant_id)
        return Response(status=204)


@extend_schema(tags=["Task grants"])
class RememberedView(BaseGrantView):
    permissions = {"GET": Permission.RUNTIME_USE, "DELETE": Permission.RUNTIME_USE}
    query_serializers = {"GET": RememberedPageQuery, "DELETE": RememberedQuery}
    problem_statuses = {"GET": [403], "DELETE": [403]}

    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.request.query_params])

    @extend_schema(operation_id="listRememberedSecrets", summary="List what threads remember", responses=RememberedList)
    def get(self, request: Request) -> Response:
        """The names that the caller's threads have selected, by thread and name: of all of them, or those of a project,
        of a thread, or of both.
        """
        page = {name: self.query.pop(name) for name in ("limit", "offset")}
        rows, count = read_page(memory.visible_to(self.actor).filter(**self.query), **page)
        return Response(envelope(request, RememberedOut(rows, many=True).data, count=count, **page))

    @extend_schema(operation_id="clearRememberedSecrets", summary="Forget what threads remember", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Forget what the same query lists; without one, everything."""
        forget_names(actor=self.actor, **self.query)
        return Response(status=204)
