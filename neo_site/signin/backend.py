"""Signing and verifying tokens by `djangorestframework-simplejwt` and PyJWT, made strict.

Both libraries accept several forms of one token and convert claims; here a token has one form (RFC 7515 section 7.1,
RFC 8725).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings

from neo_site.signin.compact import is_time, read_unverified

MAX_TOKEN_CHARACTERS = 4096
# How many tokens are remembered as verified, at some hundred bytes each.
MAX_REMEMBERED = 4096
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class StrictTokenBackend(TokenBackend):
    """A backend for tokens of one algorithm whose header is `alg` and `typ` only and whose claims have exact types."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._verified: dict[bytes, dict[str, Any]] = {}

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Verify `token`, whatever `verify` says, and return its claims; their `exp` is for the caller to compare.

        What has been verified once is remembered by the SHA-256 of its text: its signature does not change. Raises
        TokenBackendError for anything that this site would not have issued. Costs one HMAC at first, or nothing for an
        oversized or malformed token.
        """
        if not isinstance(token, str):
            raise TokenBackendError("Token is invalid")
        digest = sha256(token.encode(errors="surrogatepass")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._read(token)
            if len(self._verified) >= MAX_REMEMBERED:
                self._verified.clear()
            self._verified[digest] = claims
        return dict(claims)

    def _read(self, token: str) -> dict[str, Any]:
        unverified = read_unverified(token, max_characters=MAX_TOKEN_CHARACTERS)
        # A `kid`, `jku`, `jwk`, `x5u` or `crit` asks for another key or rule, and there is no choice here.
        if unverified is None or unverified.header != {"alg": self.algorithm, "typ": "JWT"}:
            raise TokenBackendError("Token is invalid")
        claims = super().decode(token, verify=True)  # type: ignore[arg-type]  # The library means the text.
        self._check_claims(claims)
        return claims

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        sound = (
            claims.get("iss") == self.issuer
            and claims.get("aud") == self.audience
            and all(is_time(value) for value in (claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)))
            and all(_is_uuid(claims.get(name)) for name in ("jti", "sid"))
            and isinstance(claims.get("sub"), str)
        )
        if not sound:
            raise TokenBackendError("Token is invalid")


@cache
def token_backend() -> StrictTokenBackend:
    """Return the backend of this process, made from the site's `SIMPLE_JWT`."""
    return StrictTokenBackend(
        algorithm=api_settings.ALGORITHM,
        signing_key=api_settings.SIGNING_KEY,
        verifying_key=api_settings.VERIFYING_KEY,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
        leeway=api_settings.LEEWAY,
    )


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
