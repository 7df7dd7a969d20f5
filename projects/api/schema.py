"""Additions to the OpenAPI document that drf-spectacular cannot derive from the code of this app."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import IntegerField
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from neo_base.rest.schema import name_choices

name_choices(Role="neo_base.access.roles.Role", InvitationState="projects.models.InvitationState")


class UserIdSchema(OpenApiSerializerFieldExtension):
    """The schema of a `UserIdField`, with the bounds of integer ids: larger numbers are refused before any lookup."""

    target_class = "projects.api.serializers.UserIdField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        if isinstance(get_user_model()._meta.pk, IntegerField):
            return {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
        return {"type": "string"}
