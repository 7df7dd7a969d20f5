"""Projects and members as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from neo_rest.fields import ONE_LINE, ChoiceField, DateTimeField, ListField, TextField, UUIDField
from neo_rest.serializers import Page, StrictSerializer
from projects.models import MAX_NAME_LENGTH, MAX_SETTINGS_LENGTH, Membership
from projects.roles import Role
from projects.tags import MAX_TAG_LENGTH, MAX_TAGS


class ProjectUpdate(StrictSerializer):
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


class ProjectCreate(ProjectUpdate):
    id = UUIDField(required=False, help_text="Chosen by the server when left out.")


@extend_schema_serializer(component_name="Project")
class ProjectOut(serializers.Serializer[Any]):
    id = UUIDField()
    name = serializers.CharField()
    settings_md = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
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


class Member(serializers.ModelSerializer[Membership]):
    user_id = serializers.PrimaryKeyRelatedField[Any](source="user", read_only=True)
    username = serializers.CharField(source="user.get_username")
    email = serializers.CharField(source="user.email")
    joined_at = DateTimeField()

    class Meta:
        model = Membership
        fields = ["user_id", "username", "email", "role", "joined_at"]


class MemberList(Page):
    results = Member(many=True)
