"""Error pages for what Django itself refuses: a problem document under `/api/`, a page in words elsewhere.

A page that cannot be served at the moment, for a reason of `neo_base/rest/outages.py`, is answered 503 as the API is.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions

from neo_base.rest.errors import InternalError, Unavailable
from neo_base.rest.languages import API_LANGUAGE, in_english
from neo_base.rest.outages import outage_of
from neo_base.rest.problems import PROBLEM_JSON, headers_of, known_error, problem
from neo_base.rest.refused_attempts import announce_refused_page
from neo_base.rest.request_ids import HEADER, request_id_of

logger = logging.getLogger(__name__)

HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:[0-9]{1,5})?")


class NoEndpoint(exceptions.NotFound):
    """404 for an address at which the API has nothing, whatever its objects are."""

    default_detail = (
        "The API has no such address. Check the path: /api/v1/ comes once, and /api/docs lists what follows."
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        host = request.META.get("HTTP_HOST", "")
        # A client may send anything; what cannot be a host name is not logged.
        named = host if HOST.fullmatch(host) else "malformed"
        logger.warning("host.refused host=%s setting=NEO_ALLOWED_HOSTS", named)
    if _is_api(request):
        return _answer(request, partial(exceptions.ParseError, "The request is malformed."))
    return _private(defaults.bad_request(request, exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, PermissionDenied):
        announce_refused_page(request, exception)
    if _is_api(request):
        return _answer(request, exceptions.PermissionDenied)
    return _private(defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _answer(request, NoEndpoint if request.resolver_match is None else exceptions.NotFound)
    return _private(defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the exception that Django is handling says that the site cannot serve now; otherwise 500."""
    error = sys.exception()
    known = known_error(error) if error else None
    if isinstance(known, Unavailable):
        return unavailable(request, known)
    if _is_api(request):
        return _answer(request, InternalError)
    return _private(defaults.server_error(request))


def unavailable_page(error: exceptions.APIException) -> str:
    """Return the page for an answer of 503. Nothing in it asks the database."""
    return render_to_string("503.html", {"detail": error.detail})


def unavailable(request: HttpRequest, error: Unavailable) -> HttpResponse:
    """Return the answer 503: a page, or a problem document under `/api/`, with the reason for the log."""
    if _is_api(request):
        answer = _answer(request, lambda: error)
    else:
        answer = HttpResponse(unavailable_page(error), status=error.status_code)
        answer["Cache-Control"] = "no-store"
    answer["Retry-After"] = headers_of(error)["Retry-After"]
    # For the log and the metrics.
    answer.outage = outage_of(error)  # type: ignore[attr-defined]
    return answer


def _private(page: HttpResponse) -> HttpResponse:
    """Return the page, kept out of caches: it is in the site's look, and names who has signed in."""
    page.headers["Cache-Control"] = "no-store"
    return page


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


@in_english
def _answer(request: HttpRequest, error: Callable[[], exceptions.APIException]) -> HttpResponse:
    """Answer with the problem that `error` makes: it is made here, inside of `in_english`, to be in that language."""
    exc = error()
    headers: dict[str, Any] = {HEADER: request_id_of(request), "Cache-Control": "no-store"}
    headers["Content-Language"] = API_LANGUAGE
    return JsonResponse(problem(exc, request), status=exc.status_code, content_type=PROBLEM_JSON, headers=headers)
