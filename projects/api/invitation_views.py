"""The invitations API. Tokens are sent in the body, since URLs end up in logs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.views import ActorView
from neo_base.rest.documentation import extend_schema
from neo_base.rest.idempotency import made_once
from neo_base.rest.offset_pagination import envelope, read_page
from neo_base.rest.serializers import PageQuery
from projects import invitation_actions
from projects.api import serializers
from projects.api.permissions import ProjectPermission
from projects.api.views import project_answer
from projects.models import Invitation
from projects.policies import Permission
from projects.tokens import digest

P = ParamSpec("P")
Post = Callable[Concatenate["InvitationListView", P], Response]


def with_time_of_mail(post: Post[P]) -> Post[P]:
    """Let the answer say when the mail was sent.

    With an `Idempotency-Key`, the answer is made in the transaction, after which the mail is sent; or it was kept.
    """

    @wraps(post)
    def complete(view: InvitationListView, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        answer = post(view, *args, **kwargs)
        if answer.data["sent_at"] is None:
            row = Invitation.objects.filter(pk=answer.data["id"]).first()
            answer.data["sent_at"] = serializers.InvitationOut(row).data["sent_at"] if row else None
        return answer

    return complete


@extend_schema(tags=["Invitations"])
class InvitationListView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {"GET": Permission.INVITATIONS_MANAGE, "POST": Permission.INVITATIONS_MANAGE}
    query_serializers = {"GET": PageQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}
    request_examples = {"POST": {"email": "ada@example.com", "role": "member"}}

    @extend_schema(operation_id="listInvitations", summary="List invitations", responses=serializers.InvitationList)
    def get(self, request: Request, project_id: UUID) -> Response:
        """List all invitations of the project with their states, newest first. For admins of the project."""
        rows, count = read_page(Invitation.objects.of_project(project_id), **self.query)
        results = serializers.InvitationOut(rows, many=True).data
        return Response(envelope(request, results, count=count, **self.query))

    @extend_schema(
        operation_id="createInvitation",
        summary="Create an invitation",
        request=serializers.InvitationCreate,
        responses={201: serializers.InvitationOut},
    )
    @with_time_of_mail
    @made_once
    def post(self, request: Request, project_id: UUID) -> Response:
        """Mail a token to an e-mail address. Replaces its open invitation, if any. For admins of the project."""
        body = serializers.InvitationCreate.validated(request.data)
        site = request.build_absolute_uri("/").rstrip("/")
        invitation = invitation_actions.invite(actor=self.actor, project_id=project_id, site=site, **body)
        return Response(serializers.InvitationOut(invitation).data, 201)


@extend_schema(tags=["Invitations"])
class InvitationView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {"DELETE": Permission.INVITATIONS_MANAGE}
    problem_statuses = {"DELETE": [403]}

    @extend_schema(operation_id="revokeInvitation", summary="Revoke an invitation", responses={204: None})
    def delete(self, request: Request, project_id: UUID, invitation_id: UUID) -> Response:
        """Revoke an unanswered invitation. For admins of the project."""
        invitation_actions.revoke_invitation(actor=self.actor, project_id=project_id, invitation_id=invitation_id)
        return Response(status=204)


class AnswerView(ActorView):
    """The base of the views by which people answer invitations."""

    request_examples = {"POST": {"token": "q5tVQxwGxJ2mF0a1xyXUPXv1yQjGzFvQ0bQxQ3b8v5E"}}

    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {"POST": Permission.INVITATIONS_ANSWER}
    max_body_bytes = 2**15

    def token_digest(self) -> str:
        """Return the digest of the token in the body. Raises ValidationError."""
        return digest(serializers.InvitationToken.validated(self.body)["token"])


@extend_schema(tags=["Invitations"])
class AcceptView(AnswerView):
    problem_statuses = {"POST": [403, 404, 409]}

    @extend_schema(
        operation_id="acceptInvitation",
        summary="Accept an invitation",
        request=serializers.InvitationToken,
        responses={200: serializers.ProjectAnswer},
    )
    def post(self, request: Request) -> Response:
        """Become a member of the project. Works once. The 404 is the same for every problem with token or account."""
        membership = invitation_actions.accept_invitation(actor=self.actor, token_digest=self.token_digest())
        return Response(project_answer(request, membership.project_id))


@extend_schema(tags=["Invitations"])
class DeclineView(AnswerView):
    problem_statuses = {"POST": [403, 404]}

    @extend_schema(
        operation_id="declineInvitation",
        summary="Decline an invitation",
        request=serializers.InvitationToken,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Decline the invitation, which ends it. The 404 is the same as for accepting."""
        invitation_actions.decline_invitation(actor=self.actor, token_digest=self.token_digest())
        return Response(status=204)
