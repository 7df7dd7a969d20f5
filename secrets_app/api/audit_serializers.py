"""Audit events as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from neo_base.audit.catalogue import catalogue
from neo_base.rest.cursor_pagination import CursorPage, CursorQuery
from neo_base.rest.documentation import extend_schema_field, extend_schema_serializer
from neo_base.rest.fields import ChoiceField, DateTimeField, TextField, UUIDField
from secrets_app.models import AuditEvent

MAX_ACTOR_ID = 64
DATA_HELP = (
    "The data that the event declares; never a value. Beside `secrets`, `personal_secrets` counts those of another "
    "member, which are not named."
)


class EventField(ChoiceField):
    """The name of a registered event. DRF makes each serializer's fields anew, when all apps have registered theirs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=list(catalogue), **kwargs)


class AuditQuery(CursorQuery):
    project_id = UUIDField(required=False, help_text="The events of this project instead of your own.")
    event = EventField(required=False)
    secret_id = UUIDField(required=False, help_text="The events of this secret, and those that exposed it.")
    actor = TextField(required=False, min_length=1, max_length=MAX_ACTOR_ID, help_text="The id of a user.")
    since = DateTimeField(required=False, help_text="From this moment on.")
    until = DateTimeField(required=False, help_text="Before this moment.")


@extend_schema_serializer(component_name="AuditActor")
class ActorOut(serializers.Serializer[Any]):
    kind = serializers.CharField(source="actor_kind", help_text="user, staff, system or anonymous.")
    id = serializers.CharField(source="actor_id", help_text="Empty for system and anonymous.")
    name = serializers.CharField(source="actor_label", help_text="The name at that time.")


@extend_schema_serializer(component_name="AuditCredential")
class CredentialOut(serializers.Serializer[Any]):
    kind = serializers.CharField(
        source="credential_kind", help_text="session, service_token, task_grant, cookie, command, …; empty for none."
    )
    id = serializers.CharField(source="credential_id")


@extend_schema_serializer(component_name="AuditSubject")
class SubjectOut(serializers.Serializer[Any]):
    kind = serializers.CharField(source="subject_kind")
    id = serializers.CharField(source="subject_id")
    name = serializers.CharField(source="subject_label", help_text="The name at that time.")


@extend_schema_serializer(component_name="AuditEvent")
class AuditEventOut(serializers.Serializer[Any]):
    id = UUIDField()
    at = DateTimeField()
    event = serializers.CharField()
    outcome = serializers.CharField(help_text="done, or denied for a refused attempt.")
    actor = ActorOut(source="*")
    credential = CredentialOut(source="*")
    subject = SubjectOut(source="*")
    project_id = UUIDField(allow_null=True)
    request_id = serializers.CharField()
    address = serializers.CharField()
    data = serializers.DictField(help_text=DATA_HELP)  # type: ignore[assignment]


class AuditPage(CursorPage):
    results = AuditEventOut(many=True)


class VersionOfUse(serializers.Field[Any, Any, int, Any]):
    """The version of the requested secret that a use exposed."""

    def to_representation(self, event: AuditEvent) -> int:
        secret_id = str(self.context["secret_id"])
        return next(int(each["version"]) for each in event.data["secrets"] if each["id"] == secret_id)


@extend_schema_serializer(component_name="SecretUse")
class UseOut(serializers.Serializer[Any]):
    at = DateTimeField()
    version = VersionOfUse(source="*")
    actor = ActorOut(source="*")
    credential = CredentialOut(source="*")


class UsePage(CursorPage):
    results = UseOut(many=True)


extend_schema_field({"type": "integer", "minimum": 1})(VersionOfUse)
