"""The security schemes of our tokens in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from neo_base.rest.schema import name_choices

name_choices(
    TokenScope="secrets_app.models.token.TokenScope",
    TaskScope="secrets_app.models.task_grant.TaskScope",
    OwnerKind="secrets_app.models.task_grant.OwnerKind",
    GrantReason="secrets_app.models.task_grant.Reason",
    Omission="secrets_app.models.task_grant.Omission",
)


class ServiceTokenScheme(OpenApiAuthenticationExtension):
    target_class = "secrets_app.api.authentication.ServiceTokenAuthentication"
    name = ["serviceToken", "apiKey"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "neo_sk_…",
                "description": "For machines: `token` from the answer of `POST /api/v1/tokens`. It can do what its "
                "scopes say.",
            },
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-Api-Key",
                "description": "The same service token, for clients that can send no `Authorization`.",
            },
        ]


class TaskTokenScheme(OpenApiAuthenticationExtension):
    target_class = "secrets_app.api.authentication.TaskTokenAuthentication"
    name = "taskToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "neo_task_…",
            "description": "For tasks: `token` from the answer of `POST /api/v1/task-grants`. The task runtime takes "
            "it, and nothing else.",
        }
