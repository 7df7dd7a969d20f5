"""Service tokens as JSON. The token itself is in the answer to its creation and nowhere else."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from neo_base.rest.fields import ONE_LINE, ChoiceField, DateTimeField, ListField, TextField, UUIDField
from neo_base.rest.serializers import Page, StrictSerializer
from secrets_app.models.token import MAX_TOKEN_NAME_LENGTH, TokenScope
from secrets_app.token_format import PATTERN


class TokenCreate(StrictSerializer):
    name = TextField(max_length=MAX_TOKEN_NAME_LENGTH, form=ONE_LINE, help_text="What it is for.")
    scopes = ListField(child=ChoiceField(TokenScope.choices), min_length=1, max_length=len(TokenScope))
    project_id = UUIDField(
        allow_null=True, default=None, help_text="The only project that it reaches; all of yours when left out."
    )
    expires_at = DateTimeField(allow_null=True, default=None, help_text="null: never.")


@extend_schema_serializer(component_name="ServiceToken")
class TokenOut(serializers.Serializer[Any]):
    id = UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The first characters, to recognise it by.")
    scopes = serializers.ListField(child=serializers.ChoiceField(TokenScope.choices))
    project_id = UUIDField(allow_null=True)
    created_at = DateTimeField()
    expires_at = DateTimeField(allow_null=True)
    last_used_at = DateTimeField(allow_null=True, help_text="To the minute.")


@extend_schema_serializer(component_name="NewServiceToken")
class NewTokenOut(TokenOut):
    """A token at its creation, the only time that it is shown."""

    token = serializers.RegexField(rf"^{PATTERN}\Z")


class TokenList(Page):
    results = TokenOut(many=True)
