"""Request ids. They are made here and never taken from the client, which could forge log lines with them."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from rest_framework.request import Request

HEADER = "X-Request-Id"


def request_id_of(request: HttpRequest | Request) -> str:
    """Return the id of this request, 32 hex digits; the same one at each call."""
    http_request = request._request if isinstance(request, Request) else request
    if not hasattr(http_request, "neo_request_id"):
        http_request.neo_request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    return str(http_request.neo_request_id)  # type: ignore[attr-defined]
