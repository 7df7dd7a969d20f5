"""An identity provider, beside passwords."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import names, text

# The issuer of this site's own tokens.
OWN_ISSUER = "neo-secrets"
PROVIDER_ALGORITHMS = ("RS256", "ES256", "EdDSA")
USER_FIELDS = ("username", "email")


@dataclass(frozen=True)
class IdentityProvider:
    """An identity provider that signs tokens for users of this site, and how its tokens name a user."""

    jwks_url: str
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    user_claim: str
    user_field: str


def identity_provider(env: FileAwareEnv, *, development: bool) -> IdentityProvider | None:
    """Return the provider that the variables describe, or None when none is set; half a provider is refused."""
    needed = {
        "NEO_OIDC_JWKS_URL": text(env, "NEO_OIDC_JWKS_URL"),
        "NEO_OIDC_ISSUER": text(env, "NEO_OIDC_ISSUER"),
        "NEO_OIDC_AUDIENCE": text(env, "NEO_OIDC_AUDIENCE"),
    }
    algorithms = tuple(names(env, "NEO_OIDC_ALGORITHMS", default=[]))
    claim, field = text(env, "NEO_OIDC_USER_CLAIM"), text(env, "NEO_OIDC_USER_FIELD")
    if not any([*needed.values(), algorithms, claim, field]):
        return None
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ImproperlyConfigured(f"{' and '.join(missing)} must be set too: an identity provider needs all three.")
    url, issuer, audience = needed.values()
    _check_jwks_url(url, development=development)
    if issuer == OWN_ISSUER:
        raise ImproperlyConfigured("NEO_OIDC_ISSUER is the issuer of this site's own tokens. Set the provider's.")
    if not set(algorithms) <= set(PROVIDER_ALGORITHMS):
        raise ImproperlyConfigured(f"NEO_OIDC_ALGORITHMS must be among: {', '.join(PROVIDER_ALGORITHMS)}.")
    if field and field not in USER_FIELDS:
        raise ImproperlyConfigured(f"NEO_OIDC_USER_FIELD must be one of: {', '.join(USER_FIELDS)}.")
    if field == "email" and claim != "email":
        raise ImproperlyConfigured(
            "NEO_OIDC_USER_FIELD=email needs NEO_OIDC_USER_CLAIM=email: no other claim is marked as verified."
        )
    return IdentityProvider(url, issuer, audience, algorithms or ("RS256",), claim or "sub", field or "username")


@dataclass(frozen=True)
class PagesClient:
    """The client by which the pages sign people in at the identity provider (OpenID Connect)."""

    client_id: str
    secret: str = field(repr=False)
    name: str = ""
    """What the button on the page of sign-in calls the provider."""


def pages_client(env: FileAwareEnv, provider: IdentityProvider | None) -> PagesClient | None:
    """Return the client that the variables describe, or None when none is set."""
    client_id, secret = text(env, "NEO_OIDC_CLIENT_ID"), text(env, "NEO_OIDC_CLIENT_SECRET")
    name = text(env, "NEO_OIDC_NAME")
    if not any([client_id, secret, name]):
        return None
    if not client_id or not secret:
        raise ImproperlyConfigured("NEO_OIDC_CLIENT_ID and NEO_OIDC_CLIENT_SECRET must both be set, or neither.")
    if provider is None:
        raise ImproperlyConfigured("NEO_OIDC_CLIENT_ID needs an identity provider: set NEO_OIDC_ISSUER and the others.")
    return PagesClient(client_id, secret, name or urlsplit(provider.issuer).hostname or "OpenID Connect")


def _check_jwks_url(url: str, *, development: bool) -> None:
    """Raise ImproperlyConfigured for an unsafe address: without HTTPS, anyone on the way could replace the keys."""
    schemes = ("https", "http") if development else ("https",)
    try:
        parts = urlsplit(url)
        sound = parts.scheme in schemes and parts.hostname and parts.port != 0 and re.fullmatch(r"[!-~]+", url)
    except ValueError:
        sound = False
    if not sound or "@" in url or "#" in url:
        raise ImproperlyConfigured(f"NEO_OIDC_JWKS_URL must be an {' or '.join(schemes)} address without a password.")
