"""The path under which the site is served, where it shares its host name with others (`NEO_BASE_PATH`)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class BasePath:
    """Middleware before all others: takes the base path off a request's path, whether or not the proxy has done so.

    The base path is a setting. A header such as `X-Forwarded-Prefix` is not read, because any client could send it and
    choose where redirects and links lead to.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        base = str(settings.FORCE_SCRIPT_NAME)
        if f"{request.path_info}/".startswith(f"{base}/"):
            request.path_info = request.path_info.removeprefix(base) or "/"
        # Django has put the base path before what the proxy had left it on.
        request.path = base + request.path_info
        return self._get_response(request)
