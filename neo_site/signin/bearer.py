"""Bearer tokens in the Authorization header, and which authentication class judges each: always exactly one.

Service tokens have a prefix and are judged in `secrets_app`. A token that names the configured identity provider as its
issuer is judged by `identity_provider.py`, every other one by `authentication.py`. The issuer is not verified here: it
chooses the class, which then verifies it like everything else.
"""

from __future__ import annotations

import re

from django.conf import settings
from rest_framework.request import Request

from neo_site.configuration.identity import IdentityProvider
from neo_site.signin.compact import read_unverified
from secrets_app import token_format

# Tokens of identity providers may list groups and roles.
MAX_PROVIDER_TOKEN_CHARACTERS = 8192


def bearer_token(request: Request) -> str | None:
    """Return the text of a bearer token; None for no token, another scheme, or a service token."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme = re.split(r"[ ,\t]", header, maxsplit=1)[0]
    if scheme.lower() != "bearer":
        return None
    # Two headers arrive joined by a comma, which no token contains.
    token: str = header[len(scheme) :].lstrip(" ")
    return None if token.startswith(token_format.PREFIX) else token


def claimed_provider(token: str) -> IdentityProvider | None:
    """Return the configured identity provider if `token` names it as its issuer. Costs nothing when there is none."""
    provider: IdentityProvider | None = settings.IDENTITY_PROVIDER
    if provider is None:
        return None
    unverified = read_unverified(token, max_characters=MAX_PROVIDER_TOKEN_CHARACTERS)
    return provider if unverified is not None and unverified.claims.get("iss") == provider.issuer else None
