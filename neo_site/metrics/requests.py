"""Counting requests; installed only where the site has metrics."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from neo_base.quick_way import way_taken
from neo_site.logs.requests import method_of, outage_of_answer, route_of
from neo_site.metrics.instruments import count_request, count_way


class RequestMetrics:
    """Middleware that counts and times each request, by method, route and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        way_taken.connect(count_way, dispatch_uid="neo_site.metrics")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self._get_response(request)
        seconds, status = time.perf_counter() - began, response.status_code
        count_request(method_of(request), route_of(request), status, seconds, outage_of_answer(response))
        return response
