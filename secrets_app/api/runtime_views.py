"""The API for running tasks: the only views that return values. They accept task tokens and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.errors import NotAMember
from neo_base.access.standing import Question
from neo_base.rest.documentation import extend_schema
from neo_base.rest.idempotency import made_once
from neo_base.rest.renderers import JSONRenderer
from neo_base.rest.serializers import EmptySerializer
from secrets_app.actions.creation import Draft
from secrets_app.actions.environments import open_environment
from secrets_app.actions.task_secrets import create_task_secret
from secrets_app.api.authentication import TaskTokenAuthentication
from secrets_app.api.base import PolicyView
from secrets_app.api.grant_serializers import EnvironmentOut
from secrets_app.api.questions import role_of_task
from secrets_app.api.serializers import SecretCreate, SecretOut
from secrets_app.api.shapes import secret_out
from secrets_app.models import TaskGrant
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission


class RuntimeView(PolicyView):
    authentication_classes = [TaskTokenAuthentication]

    def question(self) -> Question:
        """Ask for the role of the grantor in the project of the task."""
        return role_of_task()

    @property
    def grant(self) -> TaskGrant:
        """The grant whose token the request presents."""
        return cast(TaskGrant, self.request.auth)


class EnvironmentRenderer(JSONRenderer):
    """A renderer that reveals values inside the encoder only, so that no variable and no `Response.data` holds them."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return orjson.dumps(data, default=_revealed)


def _revealed(value: Any) -> str:
    if isinstance(value, Plaintext):
        return value.reveal()
    raise TypeError


@extend_schema(tags=["Task runtime"])
class EnvironmentView(RuntimeView):
    renderer_classes = [EnvironmentRenderer]
    permissions = {"POST": Permission.TASK_ENVIRONMENT}
    problem_statuses = {"POST": [403, 409]}

    @extend_schema(
        operation_id="openEnvironment",
        summary="Get the environment of the task",
        request=None,
        responses={200: EnvironmentOut},
    )
    def post(self, request: Request) -> Response:
        """Get the values of the task's secrets by name: all of them or none.

        If any cannot be given, the error names each of them, and the grant keeps its use. Otherwise the answer counts
        as one use of the grant.
        """
        EmptySerializer.validated(self.body)
        opened = open_environment(actor=self.actor, grant=self.grant)
        return Response({"environment": opened.values, "exempt_from_redaction": opened.exempt_from_redaction})


@extend_schema(tags=["Task runtime"])
class TaskSecretView(RuntimeView):
    permissions = {"POST": Permission.TASK_CREATE}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {"POST": {"name": "DEPLOY_TOKEN", "value": "dpl_0123456789ab9f3c"}}

    @extend_schema(
        operation_id="createTaskSecret",
        summary="Create a secret from within a task",
        request=SecretCreate,
        responses={201: SecretOut},
    )
    @made_once
    def post(self, request: Request) -> Response:
        """Store a secret of the task's project, or if it has none, a personal one of the user who granted the task.

        `created_by_agent` is always true, whatever the body says. The task itself gets the secret from now on. Other
        tasks get it once a person has promoted it, or at once if the site has switched the quarantine off.
        """
        columns = SecretCreate.validated(request.data)
        if (project_id := columns.pop("project_id")) not in (None, self.grant.project_id):
            raise NotAMember(project_id)
        draft = Draft(owner=self.grant.owner, made_by=self.grant, **columns)
        secret = create_task_secret(actor=self.actor, draft=draft, grant=self.grant)
        return Response(secret_out(secret), 201, headers={"ETag": secret.etag})
