"""The API that this site had before secrets_app. Its errors keep their form."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from neo_base.access.actors import Actor, Origin, credential_of
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from secrets_app.python_api import end_membership, secrets_for
from workspaces.models import Seat, Workspace


class WorkspaceListView(APIView):
    def get(self, request: Request) -> Response:
        """List the workspaces in which the caller has a seat."""
        rows = Workspace.objects.filter(seats__person=request.user).order_by("title")
        return Response([{"key": row.key, "title": row.title} for row in rows])


class SeatView(APIView):
    @transaction.atomic
    def delete(self, request: Request, key: UUID, **_: Any) -> Response:
        """Give up the caller's seat in a workspace, and with it the task grants and service tokens that it allowed."""
        Seat.objects.filter(workspace=key, person=request.user).delete()
        end_membership(request.user, key)
        return Response(status=204)


class DeploymentView(APIView):
    @transaction.atomic
    def post(self, request: Request, key: UUID, **_: Any) -> Response:
        """Say whether all secrets that a deployment needs exist. Errors have the form of this site's own errors."""
        names = {secret.name for secret in secrets_for(request.user, project=key).list()}
        ready = {"DEPLOY_KEY"} <= names
        actor = Actor.from_user(request.user, origin=Origin.of(request, credential_of(request.auth)))
        subject = Subject("workspace", str(key), Workspace.objects.get(pk=key).title)
        record("deployment.checked", actor=actor, subject=subject, project_id=key, ready=ready)
        return Response({"ready": ready})
