"""Service tokens as JSON. Only the answer that creates a token contains the token itself."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from neo_base.rest.documentation import extend_schema_serializer
from neo_base.rest.fields import ONE_LINE, ChoiceField, DateTimeField, ListField, TextField, UUIDField
from neo_base.rest.serializers import Page, PageQuery, StrictSerializer
from secrets_app.models.token import MAX_TOKEN_NAME_LENGTH, TokenScope
from secrets_app.token_format import PATTERN


class TokenQuery(PageQuery):
    project_id = UUIDField(required=False, help_text="The tokens of everybody for this project alone; for its admins.")


class TokenCreate(StrictSerializer):
    name = TextField(max_length=MAX_TOKEN_NAME_LENGTH, form=ONE_LINE, help_text="What the token is for.")
    scopes = ListField(child=ChoiceField(TokenScope.choices), min_length=1, max_length=len(TokenScope))
    project_id = UUIDField(
        allow_null=True,
        default=None,
        help_text="The only project that the token can access. Default: none, so that it can access all that you can.",
    )
    expires_at = DateTimeField(
        allow_null=True,
        required=False,
        help_text="Default: in 90 days, unless the site says otherwise. null: never, where the site allows that.",
    )


@extend_schema_serializer(component_name="ServiceToken")
class TokenOut(serializers.Serializer[Any]):
    id = UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The first characters of the token, to recognise it.")
    scopes = serializers.ListField(child=serializers.ChoiceField(TokenScope.choices))
    project_id = UUIDField(allow_null=True)
    created_at = DateTimeField()
    expires_at = DateTimeField(allow_null=True)
    last_used_at = DateTimeField(allow_null=True, help_text="Accurate to the minute.")
    username = serializers.CharField(source="user.get_username", help_text="Whose token it is.")


@extend_schema_serializer(component_name="NewServiceToken")
class NewTokenOut(TokenOut):
    """A new service token. This is the only answer that shows the token itself."""

    token = serializers.RegexField(rf"^{PATTERN}\Z")


class TokenList(Page):
    results = TokenOut(many=True)
