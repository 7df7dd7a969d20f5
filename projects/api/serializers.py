"""Projects and members as JSON."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import IntegerField
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from neo_base.access.roles import Role
from neo_base.rest.fields import (
    ONE_LINE,
    BooleanField,
    ChoiceField,
    DateTimeField,
    EmailField,
    ListField,
    TextField,
    UUIDField,
)
from neo_base.rest.serializers import Page, StrictSerializer
from projects.models import MAX_NAME_LENGTH, MAX_SETTINGS_LENGTH, Invitation, InvitationState, Membership
from projects.tags import MAX_TAG_LENGTH, MAX_TAGS


class UserIdField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a user, in the JSON type that the site's user model gives it. Whether there is one is not looked up."""

    default_error_messages = {"invalid": "Must be the id of a user."}

    def __init__(self, **kwargs: Any) -> None:
        # For the OpenAPI document, which reads the type of the id from it.
        super().__init__(queryset=get_user_model()._default_manager.all(), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        column = get_user_model()._meta.pk
        # To JSON Schema 7.0 is the integer 7.
        data = int(data) if isinstance(data, float) and data.is_integer() else data
        try:
            key = column.to_python(data)
        except (DjangoValidationError, TypeError):
            self.fail("invalid")
        # Compared with its type: 1 is neither true nor "1".
        as_json = key if isinstance(key, int) else str(key)
        if type(as_json) is not type(data) or as_json != data:
            self.fail("invalid")
        try:
            column.run_validators(key)
        except DjangoValidationError:
            # More than the column holds: a user that cannot exist is one that does not.
            raise NotFound() from None
        return key


class UserIdSchema(OpenApiSerializerFieldExtension):
    """Says how large an id can be: numbers beyond any column's are refused before they are looked at."""

    target_class = UserIdField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        if isinstance(get_user_model()._meta.pk, IntegerField):
            return {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
        return {"type": "string"}


class ProjectFields(StrictSerializer):
    name = TextField(required=False, allow_blank=True, max_length=MAX_NAME_LENGTH, form=ONE_LINE)
    settings_md = TextField(
        required=False,
        allow_blank=True,
        help_text=f"Markdown. Over {MAX_SETTINGS_LENGTH:,} characters it is cut and ends in a notice.",
    )
    tags = ListField(
        required=False,
        max_length=MAX_TAGS,
        child=TextField(max_length=MAX_TAG_LENGTH, form=ONE_LINE),
    )


class ProjectCreate(ProjectFields):
    id = UUIDField(required=False, help_text="Chosen by the server when left out.")


class ProjectUpdate(ProjectFields):
    shared_with_team = BooleanField(
        required=False,
        help_text="Share with every active user of the site, where the site's settings have a team role.",
    )


class ProjectTransfer(StrictSerializer):
    user_id = UserIdField(help_text="The member who becomes admin.")


@extend_schema_serializer(component_name="Project")
class ProjectOut(serializers.Serializer[Any]):
    id = UUIDField()
    name = serializers.CharField()
    settings_md = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    shared_with_team = serializers.BooleanField(help_text="Takes effect where the site's settings have a team role.")
    role = serializers.ChoiceField(Role.choices, help_text="The caller's role.")
    created_at = DateTimeField()
    updated_at = DateTimeField()


class ProjectAnswer(serializers.Serializer[Any]):
    project = ProjectOut()


class ProjectList(Page):
    results = ProjectOut(many=True)


class MemberAdd(StrictSerializer):
    username = TextField(max_length=254)
    role = ChoiceField(Role.choices)


class MemberUpdate(StrictSerializer):
    role = ChoiceField(Role.choices)


@extend_schema_field({"type": "string"})
class EmailOfUserField(serializers.Field[Any, Any, str, Any]):
    """The address of an account as it is, under whatever name the site's user model has it; empty without one."""

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, value.get_email_field_name(), None) or "")


class Member(serializers.ModelSerializer[Membership]):
    user_id = serializers.PrimaryKeyRelatedField[Any](source="user", read_only=True)
    username = serializers.CharField(source="user.get_username")
    email = EmailOfUserField(source="user")
    role = serializers.ChoiceField(Role.choices)
    joined_at = DateTimeField()

    class Meta:
        model = Membership
        fields = ["user_id", "username", "email", "role", "joined_at"]


class MemberList(Page):
    results = Member(many=True)


class InvitationCreate(StrictSerializer):
    email = EmailField(help_text="In ASCII, a domain in other letters in its `xn--` form.")
    role = ChoiceField(Role.choices)


class InvitationToken(StrictSerializer):
    # Without bounds: whatever is wrong with a token, the answer is the same.
    token = TextField(allow_blank=True, help_text="From the mail.")


@extend_schema_serializer(component_name="Invitation")
class InvitationOut(serializers.ModelSerializer[Invitation]):
    email = serializers.CharField(help_text="In lower case.")
    role = serializers.ChoiceField(Role.choices)
    state = serializers.ChoiceField(InvitationState.choices)
    invited_by = serializers.PrimaryKeyRelatedField[Any](
        read_only=True, allow_null=True, help_text="The id of a user; null when he has been deleted."
    )
    created_at = DateTimeField()
    expires_at = DateTimeField()
    sent_at = DateTimeField(allow_null=True, help_text="Null when the mail could not be sent: invite again.")

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]


class InvitationList(Page):
    results = InvitationOut(many=True)
