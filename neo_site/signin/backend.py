"""Signing and verifying tokens: `djangorestframework-simplejwt`, and PyJWT below it, made strict.

Both take several forms of one token and convert claims; here a token has one form (RFC 7515 section 7.1, RFC 8725).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings

MAX_TOKEN_CHARACTERS = 4096
# The last second that a datetime can hold; a later one would overflow where the library converts it.
LATEST = 253_402_300_799
# PyJWT also takes segments with padding, which would give one token several spellings.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class StrictTokenBackend(TokenBackend):
    """Takes tokens of one algorithm whose header is `alg` and `typ` only and whose claims have their exact types."""

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The claims of `token`, always verified.

        Raises TokenBackendError for anything that this service would not have issued. Costs one HMAC, or nothing for
        an oversized or misshapen token.
        """
        if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARACTERS or not _COMPACT.fullmatch(token):
            raise TokenBackendError("Token is invalid")
        self._check_header(token)
        claims = super().decode(token, verify=True)  # type: ignore[arg-type]  # The library means the encoded text.
        self._check_claims(claims)
        return claims

    def _check_header(self, token: str) -> None:
        """A `kid`, `jku`, `jwk`, `x5u` or `crit` asks for another key or rule: here is nothing to choose."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise TokenBackendError("Token is invalid") from None
        if header != {"alg": self.algorithm, "typ": "JWT"}:
            raise TokenBackendError("Token is invalid")

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        sound = (
            claims.get("iss") == self.issuer
            and claims.get("aud") == self.audience
            and all(_is_time(value) for value in (claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)))
            and all(_is_uuid(claims.get(name)) for name in ("jti", "sid"))
            and isinstance(claims.get("sub"), str)
        )
        if not sound:
            raise TokenBackendError("Token is invalid")


@cache
def token_backend() -> StrictTokenBackend:
    """The backend of this process, from the site's `SIMPLE_JWT`."""
    return StrictTokenBackend(
        algorithm=api_settings.ALGORITHM,
        signing_key=api_settings.SIGNING_KEY,
        verifying_key=api_settings.VERIFYING_KEY,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
        leeway=api_settings.LEEWAY,
    )


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LATEST


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
