"""Django's handlers: one for everything, and one for the API, whose requests pass less middleware."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

# Where the addresses about accounts begin, below the API: forms and sessions of the pages serve them, too.
ABOUT_ACCOUNTS = ("auth", "user")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ApiHandler(WSGIHandler):
    """Django without the middleware of `NEO_PAGE_MIDDLEWARE`, which does nothing for requests of the API."""

    def load_middleware(self, is_async: bool = False) -> None:
        every = settings.MIDDLEWARE
        # Django reads the list nowhere else, and only once, before the first request.
        settings.MIDDLEWARE = [each for each in every if each not in settings.NEO_PAGE_MIDDLEWARE]
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every


class ByAddress:
    """Gives a request of the API to `api`, and every other one to `everything`.

    What is about accounts needs all of it. A request with cookies may be that of somebody signed in at the pages, and a
    refused attempt of theirs is recorded as such.
    """

    def __init__(self, everything: Application, api: Application) -> None:
        self._everything, self._api = everything, api
        self._prefix = f"{settings.BASE_PATH}api/v1/"
        self._of_accounts = tuple(self._prefix + name for name in ABOUT_ACCOUNTS)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        is_api = path.startswith(self._prefix) and not path.startswith(self._of_accounts)
        handler = self._api if is_api and "HTTP_COOKIE" not in environ else self._everything
        return handler(environ, start_response)
