"""A log record for each request, and the request that other records belong to."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from neo_base.rest.outages import OTHER
from neo_base.rest.request_ids import request_id_of

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# Routes that machines ask every few seconds.
PROBES = ("livez", "readyz", "writez", "metrics")

_current: ContextVar[HttpRequest | None] = ContextVar("neo_site_request", default=None)


class RequestLog:
    """The outermost middleware, which logs the status of each answer and the seconds that it took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began, token = time.perf_counter(), _current.set(request)
        try:
            response = self._get_response(request)
            answered: dict[str, Any] = {
                "status": response.status_code,
                "duration": round(time.perf_counter() - began, 6),
            }
            answered["reason"] = outage_of_answer(response)
            logger.log(_level(request, response), "request.answered", extra=answered)
        finally:
            _current.reset(token)
        return response


def current_request() -> dict[str, Any]:
    """Return the fields that identify the current request and its user, as far as they are known yet."""
    request = _current.get()
    if request is None:
        return {}
    known = {"request_id": request_id_of(request), "method": method_of(request), "route": route_of(request)}
    return known | _sender(request)


def method_of(request: HttpRequest) -> str:
    """Return the method if it is a known one; a client may send any word."""
    return request.method if request.method in METHODS else "other"


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the route. The path itself comes from the client and may hold anything."""
    if request.resolver_match is not None:
        return request.resolver_match.route
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def outage_of_answer(response: HttpResponseBase) -> str | None:
    """Return why the answer is 503, a key of `neo_base.rest.outages.REASONS`; None for any other status."""
    if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    return str(getattr(response, "outage", OTHER))


def _sender(request: HttpRequest) -> dict[str, Any]:
    """Return the user and the kind of credential, once they are known. Never asks the database."""
    credential = getattr(request, "auth", None)
    user = getattr(request, "_cached_user", None) if credential is None else request.user
    if user is None or not user.is_authenticated:
        return {}
    return {"user_id": user.pk, "credential": "Cookie" if credential is None else type(credential).__name__}


def _level(request: HttpRequest, response: HttpResponseBase) -> int:
    if response.status_code >= 500:
        return logging.WARNING
    return logging.DEBUG if route_of(request) in (*PROBES, "static") else logging.INFO
