"""Authentication by a token that an identity provider has signed, for a user of this site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import jwt
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from neo_base.access.actors import Credential
from neo_base.rest.errors import CHALLENGE
from neo_site.configuration.identity import IdentityProvider
from neo_site.signin.bearer import MAX_PROVIDER_TOKEN_CHARACTERS, bearer_token, claimed_provider
from neo_site.signin.compact import is_time, read_unverified
from neo_site.signin.errors import IdentityProviderUnavailable, InvalidToken
from neo_site.signin.provider_keys import KeysUnavailable, key_set

LEEWAY_SECONDS = 5
MAX_KEY_ID = 256
MAX_USER_CLAIM = 254
TYPES = ("JWT", "at+jwt", "application/at+jwt")


@dataclass(frozen=True)
class ProviderToken:
    """The `request.auth` of a request with a provider's token: its issuer and times. Nothing else of it is kept."""

    issuer: str = field(repr=False)
    signed_in_at: datetime = field(repr=False)
    """When the user proved to the provider who they are, as far as the token tells."""
    ends_at: datetime = field(repr=False)
    credential: ClassVar[Credential] = Credential("identity_provider")

    @classmethod
    def of(cls, claims: Mapping[str, Any], provider: IdentityProvider) -> ProviderToken:
        """Return the token with these claims. Without `auth_time` (OpenID Connect Core, section 2), `iat` counts."""
        issued_at, signed_in_at = claims["iat"], claims.get("auth_time")
        # A later time than that of the token itself proves nothing.
        proved_at = min(signed_in_at, issued_at) if is_time(signed_in_at) else issued_at
        return cls(provider.issuer, *(datetime.fromtimestamp(each, UTC) for each in (proved_at, claims["exp"])))


class IdentityProviderAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token of the identity provider>`, where one is configured.

    Users are found, never created. Costs one query, so that deactivating a user counts from the next request on, and
    sometimes a fetch of the provider's keys.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ProviderToken] | None:
        """Return user and token, or None for a token of another issuer.

        Raises InvalidToken, and IdentityProviderUnavailable when there are no keys to verify it with.
        """
        token = bearer_token(request)
        provider = claimed_provider(token) if token is not None else None
        if token is None or provider is None:
            return None
        claims = _verified(token, provider)
        return user_named_by(claims, provider), ProviderToken.of(claims, provider)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _verified(token: str, provider: IdentityProvider) -> dict[str, Any]:
    """Verify `token` and return its claims; raise InvalidToken if anything about it is wrong."""
    unverified = read_unverified(token, max_characters=MAX_PROVIDER_TOKEN_CHARACTERS)
    if unverified is None or not _is_sound_header(unverified.header, provider) or not _has_times(unverified.claims):
        raise InvalidToken
    algorithm = unverified.header["alg"]
    try:
        key = key_set(provider.jwks_url).find(unverified.header["kid"], algorithm)
    except KeysUnavailable:
        raise IdentityProviderUnavailable from None
    if key is None:
        raise InvalidToken
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=provider.audience,
            issuer=provider.issuer,
            leeway=LEEWAY_SECONDS,
        )
    except jwt.PyJWTError:
        raise InvalidToken from None


def _is_sound_header(header: dict[str, Any], provider: IdentityProvider) -> bool:
    """Return whether the header only names a key of the provider. A `jku`, `jwk`, `x5u` or `crit` asks for another."""
    key_id = header.get("kid")
    return (
        header.keys() == {"alg", "typ", "kid"}
        and header["alg"] in provider.algorithms
        and header["typ"] in TYPES
        and isinstance(key_id, str)
        and 0 < len(key_id) <= MAX_KEY_ID
    )


def _has_times(claims: dict[str, Any]) -> bool:
    return all(is_time(value) for value in (claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)))


def user_named_by(claims: dict[str, Any], provider: IdentityProvider) -> AbstractBaseUser:
    """Return the one active user that `claims` name; raise InvalidToken when there is none, or more than one.

    Names are compared letter by letter: two that fold to the same name may belong to two people.
    """
    name = claims.get(provider.user_claim)
    # Unprintable characters include NUL and lone surrogates, which no database takes.
    if not isinstance(name, str) or not 0 < len(name) <= MAX_USER_CLAIM or not name.isprintable():
        raise InvalidToken
    if provider.user_claim == "email" and claims.get("email_verified") is not True:
        raise InvalidToken
    model = get_user_model()
    column = model.USERNAME_FIELD if provider.user_field == "username" else model.get_email_field_name()
    users = list(model._default_manager.filter(**{column: name})[:2])
    if len(users) != 1 or not users[0].is_active:
        raise InvalidToken
    return users[0]
