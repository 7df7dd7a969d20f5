"""Single headers of a request. `request.headers` would make an object of all of them first."""

from __future__ import annotations

from functools import cache

from rest_framework.request import Request


def header_of(request: Request, name: str) -> str | None:
    """Return the header of this name; None without it. For headers that are not about the body."""
    sent: str | None = request.META.get(_key_of(name))
    return sent


@cache
def _key_of(name: str) -> str:
    return "HTTP_" + name.upper().replace("-", "_")
