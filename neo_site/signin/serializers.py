from __future__ import annotations

from typing import Any

from rest_framework import serializers

from neo_base.rest.fields import BooleanField, TextField, UUIDField
from neo_base.rest.serializers import StrictSerializer

MAX_USERNAME = 254
MAX_PASSWORD = 1024
MAX_CODE = 64


class Credentials(StrictSerializer):
    """The user name or e-mail address of a user, their password, and the code of their second factor."""

    username = TextField(max_length=MAX_USERNAME, help_text="The user name, or the user's own verified e-mail address.")
    password = TextField(max_length=MAX_PASSWORD, write_only=True)
    code = TextField(
        max_length=MAX_CODE,
        write_only=True,
        required=False,
        help_text="For users with a second factor: a code of the authenticator application, or a recovery code.",
    )


class SignOutOptions(StrictSerializer):
    """What signing out everywhere is to end besides sessions."""

    end_service_tokens = BooleanField(default=False, help_text="Whether your service tokens end as well.")


class LivingToken(serializers.Serializer[Any]):
    """A service token that can still be used."""

    id = UUIDField()
    name = serializers.CharField()


class SignedOut(serializers.Serializer[Any]):
    """What has ended, and what has not."""

    sessions_ended = serializers.IntegerField(min_value=0)
    service_tokens_ended = serializers.IntegerField(min_value=0)
    service_tokens = LivingToken(many=True, help_text="Your service tokens that can still be used, newest first.")


class RefreshTokenInput(StrictSerializer):
    """A refresh token. A malformed one gets the same answer as any other invalid token."""

    refresh = TextField(write_only=True)


class Tokens(serializers.Serializer[Any]):
    """A new pair of tokens."""

    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`. Lasts minutes.")
    refresh = serializers.CharField(help_text="Exchange it, once, for the next pair. Lasts until the session ends.")
