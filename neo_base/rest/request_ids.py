"""A request's id: made here, never taken from the client, so that it cannot forge a log line."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from rest_framework.request import Request

HEADER = "X-Request-Id"


def request_id_of(request: HttpRequest | Request) -> str:
    """The id of this request, the same for its whole life."""
    http_request = request._request if isinstance(request, Request) else request
    if not hasattr(http_request, "neo_request_id"):
        http_request.neo_request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    return str(http_request.neo_request_id)  # type: ignore[attr-defined]
