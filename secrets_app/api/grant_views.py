"""The task grants API: create, explain, list and revoke grants. No answer contains a value."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.standing import Question
from neo_base.rest.documentation import extend_schema
from neo_base.rest.idempotency import shown_once
from neo_base.rest.offset_pagination import envelope, read_page
from neo_base.rest.refused_attempts import get_visible_or_404
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
from secrets_app.api.shapes import grant_explanation, grant_out
from secrets_app.models import ServiceToken, TaskGrant
from secrets_app.models.task_grant import TaskGrantQuerySet
from secrets_app.policies import Permission
from secrets_app.tasks import memory
from secrets_app.tasks.granted import load_granted


class BaseGrantView(PolicyView):
    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.body] if self.request.method == "POST" else [])

    def grant_request(self) -> GrantRequest:
        """Return what the body asks for. Raise ValidationError."""
        given = GrantCreate.validated(self.body)
        return GrantRequest(**{**given, "secrets": given["secrets"] or ()})

    def visible_grant(self, grant_id: UUID) -> TaskGrant:
        """Return the grant with its secrets. Raise NotFound if the user cannot see it."""
        (grant,) = load_granted([get_visible_or_404(self.visible_grants(), grant_id)])
        return grant

    def visible_grants(self) -> TaskGrantQuerySet:
        """Return the grants that the user can see, with their granted sets."""
        return TaskGrant.objects.visible_to(self.actor).select_related("granted_set")


@extend_schema(tags=["Task grants"])
class GrantListView(BaseGrantView):
    permissions = {"GET": Permission.GRANT_MANAGE, "POST": Permission.RUNTIME_USE}
    query_serializers = {"GET": GrantPageQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}
    request_examples = {"POST": {"secrets": ["NPM_TOKEN"], "ttl": 600}}

    def question(self) -> Question:
        """Ask for the role in the project of the task that is granted its secrets."""
        return self.role_in_named_project()

    @extend_schema(operation_id="listTaskGrants", summary="List task grants", responses=GrantList)
    def get(self, request: Request) -> Response:
        """List your task grants, newest first. Grants that have ended are included until the site deletes them."""
        grants, count = read_page(self.visible_grants(), **self.query)
        results = [grant_out(grant) for grant in load_granted(grants)]
        return Response(envelope(request, results, count=count, **self.query))

    @extend_schema(
        operation_id="createTaskGrant",
        summary="Grant a task its secrets",
        request=GrantCreate,
        responses={201: NewGrantOut},
    )
    @shown_once
    def post(self, request: Request) -> Response:
        """Create a token for one task. The token is shown only in this answer.

        `secrets` lists what the task gets, `omitted` what it does not get and why.
        """
        by_token = request.auth if isinstance(request.auth, ServiceToken) else None
        new = create_grant(actor=self.actor, grant_request=self.grant_request(), service_token=by_token)
        return Response({**grant_out(new.row), "token": new.text}, 201)


@extend_schema(tags=["Task grants"])
class GrantExplainView(BaseGrantView):
    permissions = {"POST": Permission.RUNTIME_USE}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {"POST": {"secrets": ["NPM_TOKEN"]}}

    @extend_schema(
        operation_id="explainTaskGrant",
        summary="Explain what a task would get",
        request=GrantCreate,
        responses={200: GrantExplanation},
    )
    def post(self, request: Request) -> Response:
        """Show which secrets the same request would grant now, and which not and why.

        No token is created, and nothing is remembered or recorded.
        """
        grant = explain_grant(actor=self.actor, grant_request=self.grant_request())
        return Response(grant_explanation(grant))


@extend_schema(tags=["Task grants"])
class GrantView(BaseGrantView):
    permissions = {"GET": Permission.GRANT_MANAGE, "DELETE": Permission.GRANT_MANAGE}
    problem_statuses = {"GET": [403], "DELETE": [403]}

    @extend_schema(operation_id="getTaskGrant", summary="Get a task grant", responses=GrantOut)
    def get(self, request: Request, grant_id: UUID) -> Response:
        """Get one of your task grants, with the secrets that it gives and leaves out."""
        return Response(grant_out(self.visible_grant(grant_id)))

    @extend_schema(operation_id="revokeTaskGrant", summary="Revoke a task grant", responses={204: None})
    def delete(self, request: Request, grant_id: UUID) -> Response:
        """End a grant: its token is refused from the next request on. Revoking a grant again changes nothing."""
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

    @extend_schema(operation_id="listRememberedSecrets", summary="List remembered names", responses=RememberedList)
    def get(self, request: Request) -> Response:
        """List the names that your threads have selected, sorted by thread and name.

        Use `project_id`, `thread_id` or both to list only a part.
        """
        page = {name: self.query.pop(name) for name in ("limit", "offset")}
        rows, count = read_page(memory.visible_to(self.actor).filter(**self.query), **page)
        return Response(envelope(request, RememberedOut(rows, many=True).data, count=count, **page))

    @extend_schema(operation_id="clearRememberedSecrets", summary="Forget remembered names", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Forget the names that the same query lists. Without `project_id` and `thread_id`, all of them."""
        forget_names(actor=self.actor, **self.query)
        return Response(status=204)
