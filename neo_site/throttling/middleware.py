"""The throttle of pages: those of people, of accounts and of the admin. The views of the API count for themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import Throttled

from neo_base.access.client_addresses import network_of
from neo_pages.access import private
from neo_pages.problems import problem_page
from neo_site.throttling.client_addresses import client_address
from neo_site.throttling.counts import Subject
from neo_site.throttling.throttles import seconds_to_wait

API = "/api/"


class PageThrottle:
    """Middleware that counts each page once, with the requests of the same user to the API; of visitors by address.

    The page that refuses asks the database for nothing but whose it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if request.path_info.startswith(API):
            return None
        seconds = seconds_to_wait(_subject(request), request)
        return None if seconds is None else _refusal(request, seconds)


def _subject(request: HttpRequest) -> Subject:
    if request.user.is_authenticated:
        return Subject("user", str(request.user.pk))
    return Subject("address", network_of(client_address(request)))


def _refusal(request: HttpRequest, seconds: float) -> HttpResponse:
    # The frame of the page would name the projects of the user.
    request.page_owners = []  # type: ignore[attr-defined]
    answer = problem_page(request, Throttled(seconds))
    private(answer)
    return answer
