"""Tokens as an attacker would write them, and as somebody with the key might by mistake."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.conf import settings

HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
PLAIN_HEADER = {"alg": "HS256", "typ": "JWT"}
ABSENT = object()


def claims_of(token: str) -> dict[str, Any]:
    segment = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4))))


def header_of(token: str) -> dict[str, Any]:
    segment = token.split(".")[0]
    return dict(json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4))))


def signed(payload: Any, *, header: Any = PLAIN_HEADER, hashed_with: str = "HS256", key: str | None = None) -> str:
    """`payload` under `header`, correctly signed with the service's own key unless another is given."""
    content = f"{_segment(header)}.{_segment(payload)}"
    secret = str(settings.SIMPLE_JWT["SIGNING_KEY"]) if key is None else key
    return f"{content}.{_base64(hmac.digest(secret.encode(), content.encode(), HASHES[hashed_with]))}"


def unsigned(payload: Any, *, header: Any) -> str:
    return f"{_segment(header)}.{_segment(payload)}."


def changed(token: str, **claims: Any) -> str:
    """`token` with other claims, correctly signed; a claim that is ABSENT is left out."""
    payload = {**claims_of(token), **claims}
    return signed({name: value for name, value in payload.items() if value is not ABSENT})


def seconds_from_now(seconds: int) -> int:
    return int(time.time()) + seconds


def _segment(value: Any) -> str:
    return _base64(value if isinstance(value, bytes) else json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
