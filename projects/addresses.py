"""Whose address a request comes from, where the site does not say how to tell."""

from __future__ import annotations

from django.http import HttpRequest


def remote_address(request: HttpRequest) -> str:
    """The peer of the connection, which is the proxy where there is one; empty when the server does not name it."""
    return str(request.META.get("REMOTE_ADDR", ""))
