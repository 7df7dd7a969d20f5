"""Service tokens as credentials: `Authorization: Bearer neo_sk_…` or `X-Api-Key: neo_sk_…`."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from neo_rest.errors import CHALLENGE
from projects.accounts import is_active
from secrets_app import token_format
from secrets_app.errors import InvalidServiceToken
from secrets_app.models import ServiceToken
from secrets_app.token_actions import note_use


class ServiceTokenAuthentication(BaseAuthentication):
    """The owner of the token is the user, the token itself is `request.auth`, and its limits bind the actor.

    Costs one query, and a write at most once a minute. To be named before classes that take other bearer tokens: a
    bearer token of another form is left to them.
    """

    def authenticate(self, request: Request) -> tuple[Any, ServiceToken] | None:
        """Raises InvalidServiceToken for anything that claims to be one and is not good; None for no claim."""
        presented = _presented(request)
        if presented is None:
            return None
        token = _usable(presented)
        note_use(token)
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _presented(request: Request) -> str | None:
    header = request.headers.get("X-Api-Key")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    is_ours = scheme.lower() == "bearer" and bearer.strip().startswith(token_format.PREFIX)
    if header is None:
        return bearer.strip() if is_ours else None
    if scheme:
        # Two credentials: which of them counts is not ours to guess.
        raise InvalidServiceToken()
    return header


def _usable(text: str) -> ServiceToken:
    if not token_format.is_well_formed(text):
        raise InvalidServiceToken()
    rows = ServiceToken.objects.usable().select_related("owner")
    token = rows.filter(digest=token_format.digest(text)).first()
    if token is None or not is_active(token.owner):
        raise InvalidServiceToken()
    return token
