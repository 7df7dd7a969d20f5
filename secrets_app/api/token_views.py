"""The service tokens API: users create, list and revoke their own tokens, and admins see and revoke those of a project.

No token can, so they have to sign in.
"""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.documentation import extend_schema
from neo_base.rest.idempotency import shown_once
from neo_base.rest.offset_pagination import envelope, read_page
from secrets_app.actions.tokens import create_token, revoke_token
from secrets_app.api.base import PolicyView
from secrets_app.api.token_serializers import NewTokenOut, TokenCreate, TokenList, TokenOut, TokenQuery
from secrets_app.models import ServiceToken
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require


@extend_schema(tags=["Service tokens"])
class TokenListView(PolicyView):
    permissions = {"GET": Permission.TOKEN_MANAGE, "POST": Permission.TOKEN_MANAGE}
    query_serializers = {"GET": TokenQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}
    request_examples = {"POST": {"name": "CI", "scopes": ["secrets:read", "runtime:use"]}}

    @extend_schema(operation_id="listTokens", summary="List service tokens", responses=TokenList)
    def get(self, request: Request) -> Response:
        """List your service tokens that are neither revoked nor expired, newest first.

        With `project_id`, admins of the project see those of everybody that access this project alone.
        """
        page = dict(self.query)
        rows, project_id = ServiceToken.objects.usable(), page.pop("project_id", None)
        if project_id is None:
            rows = rows.filter(user=self.actor.user)
        else:
            require(self.actor, Permission.PROJECT_TOKENS_MANAGE, Owner(project_id=project_id))
            rows = rows.of_project(project_id)
        tokens, count = read_page(rows.select_related("user"), **page)
        return Response(envelope(request, TokenOut(tokens, many=True).data, count=count, **page))

    @extend_schema(
        operation_id="createToken",
        summary="Create a service token",
        request=TokenCreate,
        responses={201: NewTokenOut},
    )
    @shown_once
    def post(self, request: Request) -> Response:
        """Create a service token for a machine. The token is shown only in this answer.

        This needs a recent sign-in. The token can never do more than you can: your current roles are checked at each of
        its requests.
        """
        body = TokenCreate.validated(request.data)
        new = create_token(actor=self.actor, **body)
        return Response({**TokenOut(new.row).data, "token": new.text}, 201)


@extend_schema(tags=["Service tokens"])
class TokenView(PolicyView):
    permissions = {"DELETE": Permission.TOKEN_MANAGE}
    problem_statuses = {"DELETE": [403]}

    @extend_schema(operation_id="revokeServiceToken", summary="Revoke a service token", responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke a service token of your own, or for a project of which you are an admin.

        It is refused from the next request on.
        """
        revoke_token(actor=self.actor, token_id=token_id)
        return Response(status=204)
