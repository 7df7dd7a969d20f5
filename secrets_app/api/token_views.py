"""The service tokens API: users create, list and revoke their own tokens. No token can, so they have to sign in."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.documentation import extend_schema
from neo_base.rest.idempotency import shown_once
from neo_base.rest.offset_pagination import envelope, read_page
from neo_base.rest.serializers import PageQuery
from secrets_app.actions.tokens import create_token, revoke_token
from secrets_app.api.base import PolicyView
from secrets_app.api.token_serializers import NewTokenOut, TokenCreate, TokenList, TokenOut
from secrets_app.models import ServiceToken
from secrets_app.policies import Permission


@extend_schema(tags=["Service tokens"])
class TokenListView(PolicyView):
    permissions = {"GET": Permission.TOKEN_MANAGE, "POST": Permission.TOKEN_MANAGE}
    query_serializers = {"GET": PageQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}

    @extend_schema(operation_id="listTokens", summary="List service tokens", responses=TokenList)
    def get(self, request: Request) -> Response:
        """List your service tokens that are neither revoked nor expired, newest first."""
        rows = ServiceToken.objects.usable().filter(user=self.actor.user)
        tokens, count = read_page(rows, **self.query)
        return Response(envelope(request, TokenOut(tokens, many=True).data, count=count, **self.query))

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
        """Revoke a service token: it is refused from the next request on."""
        revoke_token(actor=self.actor, token_id=token_id)
        return Response(status=204)
