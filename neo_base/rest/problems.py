"""Problem documents (RFC 9457), `application/problem+json`: one shape for every 4xx and 5xx.

Other code raises the classes of `errors.py` or DRF's own; only `exception_handler` turns an exception into a response.
No message holds anything that the client sent, and an unexpected error is logged without its message, which may quote
a value.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError
from django.http import Http404, HttpRequest, UnreadablePostError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from neo_base.database_messages import shown
from neo_base.rest.errors import CHALLENGE, MISSING, Conflict, InternalError, NamedConflict, Unavailable
from neo_base.rest.outages import is_of_cache, outage_of, takes_nothing_now
from neo_base.rest.refused_attempts import announce_refused
from neo_base.rest.request_ids import request_id_of

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_SECONDS = 1
# Where clients of other products put their tokens; nothing here reads them but the first.
CREDENTIAL_HEADERS = (
    *("HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_API_KEY", "HTTP_X_AUTH_TOKEN", "HTTP_X_VAULT_TOKEN"),
    *("HTTP_PRIVATE_TOKEN", "HTTP_TOKEN"),
)
SEND_CREDENTIALS = "No credentials were sent. Send a token in the header `Authorization: Bearer TOKEN`."
SEND_BEARER = (
    "The credentials were sent in a way that is not read here. Send a token in the header `Authorization: Bearer "
    "TOKEN`; other schemes, a token without `Bearer` and other headers do not count."
)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Return a problem for any exception of a view. It never returns None, so that no HTML error page can follow."""
    request: Request = context["request"]
    known = known_error(exc)
    if known is None:
        known = InternalError()
        log_unexpected(exc, request)
    announce_refused(request, known)
    response = problem_response(known, request)
    if known.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        # For the log and the metrics of the site.
        response.outage = outage_of(known)  # type: ignore[attr-defined]
    return response


def problem_response(exc: exceptions.APIException, request: Request) -> Response:
    """Return the response for `exc`: a problem document, with the headers that its status needs."""
    return Response(problem(exc, request), exc.status_code, headers=headers_of(exc), content_type=PROBLEM_JSON)


def problem(exc: exceptions.APIException, request: HttpRequest | Request) -> dict[str, Any]:
    """Return the members of the problem document for `exc`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(exc.status_code).phrase,
        "status": int(exc.status_code),
        "detail": _detail(exc, request),
        "code": code_of(exc),
        "request_id": request_id_of(request),
    }
    if isinstance(exc, exceptions.ValidationError):
        errors: dict[str, list[str]] = {}
        for field, message in _flatten(exc.detail):
            errors.setdefault(field, []).append(message)
        body["errors"] = errors
    elif isinstance(exc, NamedConflict):
        body["errors"] = {field: list(messages) for field, messages in exc.errors.items()}
    return body


def log_unexpected(exc: BaseException, request: HttpRequest | Request) -> None:
    """Log the type and the stack of `exc`, without messages or local variables, since both may hold a value.

    The message of a database is logged without its values.
    """
    frames = "; ".join(
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(exc.__traceback__)
    )
    logger.error("request.failed error=%s request_id=%s at %s", shown(exc), request_id_of(request), frames or "unknown")


def known_error(exc: BaseException) -> exceptions.APIException | None:
    """Return the error of ours, or of DRF, that stands for `exc`; None for what nobody expects."""
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        # Django's own limits, such as the number of query parameters; or a client that closed the connection.
        return exceptions.ParseError("The request is malformed. Check its URL, headers and body.")
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, IntegrityError):
        # Another request added or removed a row between the checks of this one and its commit.
        return Conflict()
    if takes_nothing_now(exc) or is_of_cache(exc):
        return Unavailable(reason=outage_of(exc))
    return None


def headers_of(exc: exceptions.APIException) -> dict[str, str]:
    """Return the headers that the status of `exc` needs."""
    headers = {}
    if exc.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = getattr(exc, "auth_header", None) or CHALLENGE
    if exc.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if isinstance(exc, exceptions.Throttled):
        headers["Retry-After"] = str(ceil(getattr(exc, "wait", None) or 1))
    return headers


def _detail(exc: exceptions.APIException, request: HttpRequest | Request) -> str:
    if isinstance(exc, exceptions.ValidationError):
        return "The input is invalid. `errors` lists each invalid field and what it accepts."
    if type(exc) is exceptions.NotFound:
        return str(MISSING)
    if isinstance(exc, exceptions.MethodNotAllowed):
        return "This URL does not support this method. Use one from the Allow header."
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return "The media type of the body is not supported. Send the body as application/json in UTF-8."
    if isinstance(exc, exceptions.Throttled) and not getattr(exc, "says_what_to_do", False):
        return "Too many requests. Wait for the number of seconds in the Retry-After header, then retry."
    if type(exc) is exceptions.NotAuthenticated and _takes_bearer_tokens(exc):
        return SEND_BEARER if any(request.META.get(name) for name in CREDENTIAL_HEADERS) else SEND_CREDENTIALS
    return str(exc.detail)


def _takes_bearer_tokens(exc: exceptions.APIException) -> bool:
    challenge = getattr(exc, "auth_header", None) or CHALLENGE
    return str(challenge).lower().startswith("bearer")


def code_of(exc: exceptions.APIException) -> str:
    """Return the code of `exc`, its name for programs."""
    if isinstance(exc, exceptions.ValidationError):
        return "invalid"
    return str(getattr(exc.detail, "code", exc.default_code))


def _flatten(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted field path, message) for DRF's nested error structures."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            name = "" if key == api_settings.NON_FIELD_ERRORS_KEY else str(key)
            yield from _flatten(value, f"{path}.{name}".strip("."))
    elif isinstance(detail, list | tuple):
        for index, item in enumerate(detail):
            nested = isinstance(item, Mapping | list | tuple)
            yield from _flatten(item, f"{path}.{index}".strip(".") if nested else path)
    else:
        yield path or "body", str(detail)
