"""The `If-Match` header: change a secret only in the state that the client has seen (RFC 9110, section 13.1.1)."""

from __future__ import annotations

from django.utils.http import parse_etags
from rest_framework.request import Request


def if_match(request: Request) -> list[str] | None:
    """Return the ETags of `If-Match`: `["*"]` for any state, None without the header. A weak ETag never matches."""
    header = request.headers.get("If-Match")
    return None if header is None else parse_etags(header)
