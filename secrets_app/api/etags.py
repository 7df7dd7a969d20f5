"""`If-Match`: change a secret only if it is as the client has seen it (RFC 9110, section 13.1.1)."""

from __future__ import annotations

from django.utils.http import parse_etags
from rest_framework.request import Request


def if_match(request: Request) -> list[str] | None:
    """The ETags of `If-Match`, `["*"]` for any, or None where the header is missing. A weak ETag never matches."""
    header = request.headers.get("If-Match")
    return None if header is None else parse_etags(header)
