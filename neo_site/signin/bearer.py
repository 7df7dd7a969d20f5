"""What stands behind `Bearer` in the Authorization header, and which class judges it: exactly one does.

Service tokens are told by their prefix and judged in `secrets_app`. A token that names the configured identity
provider as its issuer is judged by `identity_provider.py`, every other one by `authentication.py`. The issuer is not
verified here: it chooses the judge, who verifies it like the rest.
"""

from __future__ import annotations

import re

from django.conf import settings
from rest_framework.request import Request

from neo_site.configuration.identity import IdentityProvider
from neo_site.signin.compact import read_unverified
from secrets_app import token_format

# Other people's tokens list groups and roles.
MAX_PROVIDER_TOKEN_CHARACTERS = 8192


def bearer_token(request: Request) -> str | None:
    """The text of a bearer token, whatever it is; None for no token, another scheme, or a service token."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme = re.split(r"[ ,\t]", header, maxsplit=1)[0]
    if scheme.lower() != "bearer":
        return None
    # Two headers arrive joined by a comma, which is in no token.
    token: str = header[len(scheme) :].lstrip(" ")
    return None if token.startswith(token_format.PREFIX) else token


def claimed_provider(token: str) -> IdentityProvider | None:
    """The configured identity provider, if `token` claims to come from there. Costs nothing when there is none."""
    provider: IdentityProvider | None = settings.IDENTITY_PROVIDER
    if provider is None:
        return None
    unverified = read_unverified(token, max_characters=MAX_PROVIDER_TOKEN_CHARACTERS)
    return provider if unverified is not None and unverified.claims.get("iss") == provider.issuer else None
