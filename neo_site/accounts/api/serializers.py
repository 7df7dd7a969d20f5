from __future__ import annotations

from typing import Any

from rest_framework import serializers

from neo_base.rest.fields import BooleanField, DateTimeField, EmailField, TextField
from neo_base.rest.serializers import StrictSerializer
from neo_site.signin.serializers import MAX_PASSWORD, LivingToken, Tokens


class SiteOut(serializers.Serializer[Any]):
    """What this site offers its users."""

    mail = serializers.BooleanField(help_text="Whether it sends mail: verification, resets, invitations.")
    sign_up = serializers.ChoiceField(choices=["invited", "open"], help_text="Who may make an account.")
    identity_provider = serializers.BooleanField(help_text="Whether it accepts tokens of an identity provider.")


class UserOut(serializers.Serializer[Any]):
    """The signed-in user. No field is a credential."""

    id = serializers.CharField()
    username = serializers.CharField()
    email = serializers.CharField(help_text="Empty without one.")
    email_verified = serializers.BooleanField()
    pending_email = serializers.CharField(allow_null=True, help_text="A new address that waits for its verification.")
    second_factor = serializers.BooleanField(help_text="Whether sign-in asks for a code or a passkey.")
    site = SiteOut()


class UserChange(StrictSerializer):
    """What users change of their account themselves."""

    email = EmailField(help_text="A mail goes there, whose link makes it the address of the account.")


class PasswordChange(StrictSerializer):
    """The current password and the new one."""

    current_password = TextField(max_length=MAX_PASSWORD, write_only=True)
    new_password = TextField(max_length=MAX_PASSWORD, write_only=True)
    end_service_tokens = BooleanField(default=False, help_text="Whether your service tokens end as well.")


class PasswordChanged(Tokens):
    """The tokens of a new session, in place of all that have ended; and which service tokens live on."""

    service_tokens_ended = serializers.IntegerField(min_value=0)
    service_tokens = LivingToken(many=True, help_text="Your service tokens that can still be used, newest first.")


class SessionOut(serializers.Serializer[Any]):
    """A live session of the signed-in user."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["api", "browser"], help_text="Signed in for the API, or at the pages.")
    created_at = DateTimeField()
    expires_at = DateTimeField()
    is_current = serializers.BooleanField(help_text="Whether it is that of this request.")
    client = serializers.CharField(help_text="What the browser or program said that it is. May be empty.")
    client_address = serializers.CharField(help_text="Where it signed in. May be empty.")


class SessionList(serializers.Serializer[Any]):
    """The live sessions, newest first."""

    results = SessionOut(many=True)
