"""Rows of the audit as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from neo_base.rest.cursor_pagination import CursorPage, CursorQuery
from neo_base.rest.fields import ChoiceField, DateTimeField, TextField, UUIDField
from secrets_app.audit.events import EVENTS
from secrets_app.models import AuditEntry

MAX_ACTOR_ID = 64


class AuditQuery(CursorQuery):
    project_id = UUIDField(required=False, help_text="This project's audit instead of one's own.")
    event = ChoiceField(choices=list(EVENTS), required=False)
    secret_id = UUIDField(required=False, help_text="What happened to this secret, and what exposed it.")
    actor = TextField(required=False, min_length=1, max_length=MAX_ACTOR_ID, help_text="The id of a user.")
    since = DateTimeField(required=False, help_text="From this moment on.")
    until = DateTimeField(required=False, help_text="Before this moment.")


@extend_schema_serializer(component_name="AuditActor")
class ActorOut(serializers.Serializer[Any]):
    kind = serializers.CharField(source="actor_kind", help_text="user, staff, system or anonymous.")
    id = serializers.CharField(source="actor_id", help_text="Empty for the last two.")
    name = serializers.CharField(source="actor_label", help_text="At that time.")


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
    name = serializers.CharField(source="subject_label", help_text="At that time.")


@extend_schema_serializer(component_name="AuditEntry")
class AuditEntryOut(serializers.Serializer[Any]):
    id = UUIDField()
    at = DateTimeField()
    event = serializers.CharField()
    outcome = serializers.CharField(help_text="done or denied.")
    actor = ActorOut(source="*")
    credential = CredentialOut(source="*")
    subject = SubjectOut(source="*")
    project_id = UUIDField(allow_null=True)
    request_id = serializers.CharField()
    address = serializers.CharField()
    data = serializers.DictField(help_text="What else the event says; never a value.")  # type: ignore[assignment]


class AuditPage(CursorPage):
    results = AuditEntryOut(many=True)


class VersionOfUse(serializers.Field[Any, Any, int, Any]):
    """Which version of the secret that is asked about a use exposed."""

    def to_representation(self, entry: AuditEntry) -> int:
        secret_id = str(self.context["secret_id"])
        return next(int(each["version"]) for each in entry.data["secrets"] if each["id"] == secret_id)


@extend_schema_serializer(component_name="SecretUse")
class UseOut(serializers.Serializer[Any]):
    at = DateTimeField()
    version = VersionOfUse(source="*")
    actor = ActorOut(source="*")
    credential = CredentialOut(source="*")


class UsePage(CursorPage):
    results = UseOut(many=True)


extend_schema_field({"type": "integer", "minimum": 1})(VersionOfUse)
