"""The Content-Security-Policy: pages load and run files of this host, and nothing that is written into the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"
DIRECTIVES: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(**changes: str) -> str:
    """Return the header's value (W3C, Content Security Policy Level 3); `changes` are directives with `_` for `-`."""
    directives = {**DIRECTIVES, **{name.replace("_", "-"): sources for name, sources in changes.items()}}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


class ContentSecurityPolicy:
    """Middleware that sends the policy with every answer whose view has set none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._policy = policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault(HEADER, self._policy)
        return response
