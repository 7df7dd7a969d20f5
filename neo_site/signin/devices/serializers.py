from __future__ import annotations

from typing import Any

from rest_framework import serializers

from neo_base.rest.fields import ONE_LINE, TextField
from neo_base.rest.serializers import StrictSerializer

MAX_HOST = 64


class DeviceCodesAsked(StrictSerializer):
    """Which program asks to be signed in, and on which machine."""

    client_id = TextField(max_length=64, help_text="`neo`, for every program.")
    scope = TextField(max_length=256, required=False, help_text="Leave it out: a session has no scopes.")
    host = TextField(
        max_length=MAX_HOST,
        required=False,
        form=ONE_LINE,
        help_text="The name of the machine, which the user is shown, and finds in the list of their sessions.",
    )


class DeviceCodes(serializers.Serializer[Any]):
    """The two codes, and where the user answers."""

    device_code = serializers.CharField(help_text="For the program alone: exchange it, once, for a session.")
    user_code = serializers.CharField(help_text="Show it to the user, who compares it with that of the page.")
    verification_uri = serializers.CharField(help_text="The page at which the user answers.")
    verification_uri_complete = serializers.CharField(help_text="The same page, with the code filled in.")
    expires_in = serializers.IntegerField(help_text="In seconds.")
    interval = serializers.IntegerField(help_text="Seconds to wait between two requests for the session.")


class DeviceCodeExchange(StrictSerializer):
    """A device code that is to be exchanged for a session."""

    grant_type = TextField(max_length=64, help_text="`urn:ietf:params:oauth:grant-type:device_code`.")
    device_code = TextField(max_length=64, write_only=True)
    client_id = TextField(max_length=64, help_text="`neo`, for every program.")


class DeviceSession(serializers.Serializer[Any]):
    """The tokens of a new session, under the names of RFC 6749."""

    access_token = serializers.CharField(help_text="Send it as `Authorization: Bearer …`. Lasts minutes.")
    token_type = serializers.CharField(help_text="`Bearer`.")
    expires_in = serializers.IntegerField(help_text="How long the access token lasts, in seconds.")
    refresh_token = serializers.CharField(help_text="Exchange it, once, at `/api/v1/auth/token/refresh`.")
    username = serializers.CharField(help_text="Who approved the sign-in.")
