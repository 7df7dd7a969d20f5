"""Serializers of projects, members and invitations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from neo_base.access.roles import Role
from neo_base.rest.documentation import extend_schema_field, extend_schema_serializer
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
from neo_base.rest.serializers import Page, PageQuery, StrictSerializer
from projects.models import MAX_NAME_LENGTH, MAX_SETTINGS_LENGTH, Invitation, InvitationState, Membership
from projects.models.project import DEFAULT_ORDER, ORDERS
from projects.tags import MAX_TAG_LENGTH, MAX_TAGS


class UserIdField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a user, in the JSON type of the site's user model. The user is not looked up."""

    default_error_messages = {"invalid": "Must be the id of a user."}

    def __init__(self, **kwargs: Any) -> None:
        # drf-spectacular reads the type of the id from the query set, which is not used otherwise.
        super().__init__(queryset=get_user_model()._default_manager.all(), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        column = get_user_model()._meta.pk
        # In JSON Schema, 7.0 is the integer 7.
        data = int(data) if isinstance(data, float) and data.is_integer() else data
        try:
            key = column.to_python(data)
        except (DjangoValidationError, TypeError):
            self.fail("invalid")
        # The types are compared, too, since 1 is neither true nor "1".
        as_json = key if isinstance(key, int) else str(key)
        if type(as_json) is not type(data) or as_json != data:
            self.fail("invalid")
        try:
            column.run_validators(key)
        except DjangoValidationError:
            # An id too large for the column: no user can have it.
            raise NotFound() from None
        return key


class ProjectFields(StrictSerializer):
    settings_md = TextField(
        required=False,
        allow_blank=True,
        help_text=f"Markdown. Text over {MAX_SETTINGS_LENGTH:,} characters is truncated and ends in a notice.",
    )
    tags = ListField(
        required=False,
        max_length=MAX_TAGS,
        child=TextField(max_length=MAX_TAG_LENGTH, form=ONE_LINE),
    )


class ProjectCreate(ProjectFields):
    name = TextField(required=False, allow_blank=True, max_length=MAX_NAME_LENGTH, form=ONE_LINE)
    id = UUIDField(required=False, help_text="Default: an id that the server creates.")


class ProjectUpdate(ProjectFields):
    name = TextField(required=False, min_length=1, max_length=MAX_NAME_LENGTH, form=ONE_LINE)
    shared_with_team = BooleanField(
        required=False,
        help_text="Share with every active user of the site. Needs a team role in the site's settings.",
    )


class ProjectTransfer(StrictSerializer):
    user_id = UserIdField(help_text="The member who becomes admin.")


@extend_schema_serializer(component_name="Project")
class ProjectOut(serializers.Serializer[Any]):
    id = UUIDField()
    name = serializers.CharField()
    settings_md = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    shared_with_team = serializers.BooleanField(help_text="Has an effect if the site's settings name a team role.")
    role = serializers.ChoiceField(Role.choices, help_text="The caller's role.")
    owner_email = serializers.CharField(
        help_text="The address of the admin who has been a member for the longest time; empty if there is none."
    )
    is_owner = serializers.SerializerMethodField(help_text="Whether the caller is that admin. No right depends on it.")
    member_count = serializers.IntegerField(min_value=0)
    created_at = DateTimeField()
    updated_at = DateTimeField()

    def get_is_owner(self, project: Any) -> bool:
        return bool(project.owner_id == self.context["user"].pk)


class ProjectQuery(PageQuery):
    search = TextField(required=False, allow_blank=True, max_length=MAX_NAME_LENGTH, help_text="Part of a name.")
    ordering = ChoiceField(
        [f"{sign}{column}" for column in ORDERS for sign in ("", "-")],
        default=DEFAULT_ORDER,
        help_text="What to sort by; `-` reverses it.",
    )


class ProjectAnswer(serializers.Serializer[Any]):
    project = ProjectOut()


class ProjectList(Page):
    results = ProjectOut(many=True)


class MemberAdd(StrictSerializer):
    username = TextField(max_length=254)
    role = ChoiceField(Role.choices)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Take `email` for `username` where the site's users have no other name."""
        if isinstance(data, Mapping) and "email" in data and "username" not in data and _are_named_by_email():
            data = {"username" if name == "email" else name: value for name, value in data.items()}
        return super().to_internal_value(data)


def _are_named_by_email() -> bool:
    model = get_user_model()
    return model.get_email_field_name() == model.USERNAME_FIELD


class MemberUpdate(StrictSerializer):
    role = ChoiceField(Role.choices)


@extend_schema_field({"type": "string"})
class EmailOfUserField(serializers.Field[Any, Any, str, Any]):
    """The unchanged e-mail address of an account, from the user model's e-mail field; empty if there is none."""

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
    email = EmailField(help_text="In ASCII. Write an internationalised domain in its `xn--` form.")
    role = ChoiceField(Role.choices)


class InvitationToken(StrictSerializer):
    # It has no length limits, so that every wrong token gets the same answer.
    token = TextField(allow_blank=True, help_text="The token in the invitation's mail.")


@extend_schema_serializer(component_name="Invitation")
class InvitationOut(serializers.ModelSerializer[Invitation]):
    email = serializers.CharField(help_text="In lower case.")
    role = serializers.ChoiceField(Role.choices)
    state = serializers.ChoiceField(InvitationState.choices)
    invited_by = serializers.PrimaryKeyRelatedField[Any](
        read_only=True,
        allow_null=True,
        help_text="The id of the user who sent the invitation; null if they have been deleted.",
    )
    created_at = DateTimeField()
    expires_at = DateTimeField()
    sent_at = DateTimeField(
        allow_null=True, help_text="When the mail was sent. If null, it could not be sent: invite again."
    )

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]


class InvitationList(Page):
    results = InvitationOut(many=True)
