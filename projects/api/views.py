"""The views of the projects API. Each parses the request, runs one action or query, and responds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.views import ActorView
from neo_base.rest.documentation import extend_schema
from neo_base.rest.idempotency import made_once
from neo_base.rest.offset_pagination import envelope, read_page
from neo_base.rest.refused_attempts import get_visible_or_404
from neo_base.rest.serializers import PageQuery
from projects import actions
from projects.api import serializers
from projects.api.permissions import ProjectPermission
from projects.models import Membership, Project
from projects.policies import Permission


@extend_schema(tags=["Projects"])
class ProjectListView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {"GET": Permission.PROJECT_LIST, "POST": Permission.PROJECT_CREATE}
    query_serializers = {"GET": serializers.ProjectQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}
    request_examples = {"POST": {"name": "Robots", "tags": ["ci"]}}

    @extend_schema(operation_id="listProjects", summary="List projects", responses=serializers.ProjectList)
    def get(self, request: Request) -> Response:
        """List the projects that the caller belongs to."""
        rows = Project.objects.visible_to(request.user).with_people()
        rows = rows.matching(self.query.pop("search", "")).sorted_by(self.query.pop("ordering"))
        projects, count = read_page(rows, **self.query)
        results = serializers.ProjectOut(projects, many=True, context={"user": request.user}).data
        return Response(envelope(request, results, count=count, **self.query))

    @extend_schema(
        operation_id="createProject",
        summary="Create a project",
        request=serializers.ProjectCreate,
        responses={201: serializers.ProjectAnswer},
    )
    @made_once
    def post(self, request: Request) -> Response:
        """Create a project. The caller becomes its admin."""
        columns = serializers.ProjectCreate.validated(request.data)
        project = actions.create_project(actor=self.actor, project_id=columns.pop("id", None), **columns)
        return Response(project_answer(request, project.id), 201)


@extend_schema(tags=["Projects"])
class ProjectView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {
        "GET": Permission.PROJECT_VIEW,
        "PATCH": Permission.PROJECT_UPDATE,
        "DELETE": Permission.PROJECT_DELETE,
    }
    problem_statuses = {"GET": [403], "PATCH": [403, 409], "DELETE": [403]}
    request_examples = {"PATCH": {"settings_md": "# House rules"}}

    @extend_schema(operation_id="getProject", summary="Get a project", responses=serializers.ProjectAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Get one project."""
        return Response(project_answer(request, project_id))

    @extend_schema(
        operation_id="updateProject",
        summary="Update a project",
        request=serializers.ProjectUpdate,
        responses=serializers.ProjectAnswer,
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change name, settings, tags or sharing with the team. For admins of the project."""
        body = serializers.ProjectUpdate.validated(request.data)
        actions.update_project(actor=self.actor, project_id=project_id, changes=body)
        return Response(project_answer(request, project_id))

    @extend_schema(operation_id="deleteProject", summary="Delete a project", responses={204: None})
    def delete(self, request: Request, project_id: UUID) -> Response:
        """Delete the project, its secrets and their keys immediately. For admins of the project."""
        actions.delete_project(actor=self.actor, project_id=project_id)
        return Response(status=204)


@extend_schema(tags=["Projects"])
class TransferView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {"POST": Permission.PROJECT_TRANSFER}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {"POST": {"user_id": 2}}

    @extend_schema(
        operation_id="transferProject",
        summary="Transfer a project",
        request=serializers.ProjectTransfer,
        responses={200: serializers.Member},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Make another member an admin and yourself a member, in one step. For admins of the project."""
        body = serializers.ProjectTransfer.validated(request.data)
        membership = actions.transfer_project(actor=self.actor, project_id=project_id, **body)
        return Response(serializers.Member(membership).data)


@extend_schema(tags=["Members"])
class MemberListView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    permissions = {"GET": Permission.MEMBERS_VIEW, "POST": Permission.MEMBERS_MANAGE}
    query_serializers = {"GET": PageQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}
    request_examples = {"POST": {"username": "stranger", "role": "viewer"}}

    @extend_schema(operation_id="listMembers", summary="List members", responses=serializers.MemberList)
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the members of a project in the order in which they joined."""
        rows = Membership.objects.of_project(project_id).select_related("user")
        members, count = read_page(rows, **self.query)
        return Response(envelope(request, serializers.Member(members, many=True).data, count=count, **self.query))

    @extend_schema(
        operation_id="addMember",
        summary="Add a member",
        request=serializers.MemberAdd,
        responses={201: serializers.Member},
    )
    @made_once
    def post(self, request: Request, project_id: UUID) -> Response:
        """Add an existing user. For admins of the project. 404 also if no active user has the username."""
        body = serializers.MemberAdd.validated(request.data)
        membership = actions.add_member(actor=self.actor, project_id=project_id, **body)
        return Response(serializers.Member(membership).data, 201)


@extend_schema(tags=["Members"])
class MemberView(ActorView):
    permission_classes = [IsAuthenticated, ProjectPermission]
    # Every member may leave. To remove somebody else, the action requires more.
    permissions = {"PATCH": Permission.MEMBERS_MANAGE, "DELETE": Permission.MEMBERS_LEAVE}
    problem_statuses = {"PATCH": [403, 409], "DELETE": [403, 409]}
    request_examples = {"PATCH": {"role": "viewer"}}

    @extend_schema(
        operation_id="updateMember",
        summary="Change a member's role",
        request=serializers.MemberUpdate,
        responses=serializers.Member,
    )
    def patch(self, request: Request, project_id: UUID, user_id: str) -> Response:
        """Change a member's role. For admins of the project. 409 if the project would have no admin left."""
        body = serializers.MemberUpdate.validated(request.data)
        membership = actions.change_role(actor=self.actor, project_id=project_id, user_id=_user_key(user_id), **body)
        return Response(serializers.Member(membership).data)

    @extend_schema(operation_id="removeMember", summary="Remove a member", responses={204: None})
    def delete(self, request: Request, project_id: UUID, user_id: str) -> Response:
        """Remove a member. For admins of the project and the members themselves. 409 for the last admin."""
        actions.remove_member(actor=self.actor, project_id=project_id, user_id=_user_key(user_id))
        return Response(status=204)


def project_answer(request: Request, project_id: UUID) -> Any:
    """Return the project as the caller sees it, for a response body; 404 if they do not."""
    project = get_visible_or_404(Project.objects.visible_to(request.user).with_people(), project_id)
    return serializers.ProjectAnswer({"project": project}, context={"user": request.user}).data


def _user_key(text: str) -> Any:
    """Return the user id from a URL in the key type of the site's user model. Raises NotFound if it is no such id."""
    try:
        key = get_user_model()._meta.pk.clean(text, None)
    except DjangoValidationError:
        raise NotFound() from None
    if str(key) != text:
        raise NotFound()
    return key
