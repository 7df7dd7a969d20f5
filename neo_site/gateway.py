"""Between the server and Django."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.utils.http import parse_header_parameters

from neo_base.rest.errors import InternalError

logger = logging.getLogger(__name__)

# The largest body that any endpoint takes, and one byte to notice that there is more.
MAX_CHUNKED_BYTES = 8 * 2**20 + 1
# What is read of a body that nobody wanted; a client that sends more finds the connection closed.
MAX_DRAINED_BYTES = 16 * 2**20
FAILED = json.dumps(
    {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": InternalError.default_detail,
        "code": InternalError.default_code,
        "request_id": None,
    }
).encode()
OUR_SETTINGS = ("NEO_", "DATABASE_URL", "CACHE_URL")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gateway:
    """Repairs the WSGI environment before Django sees it, and the connection afterwards.

    - Servers copy the process's environment into each request, where an error report could show it: our settings go.
    - A Content-Type that Django cannot read would end the request before anything could answer: it counts as missing.
    - Django reads a body only as far as Content-Length says, so that a chunked one would count as empty: it is read
      here, at most to the limit.
    - An answer given before the body was read, such as 401 or 413, would break the connection for the next request:
      what is left is read and dropped.
    - Servers print what an application raises, message and all: nothing is raised from here, 500 is answered.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self._answer(environ, start_response)
        except Exception as error:
            # Whatever it is.
            logger.error("gateway.failed", exc_info=error)
            start_response("500 Internal Server Error", [("Content-Type", "application/problem+json")])
            return [FAILED]

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        clean = {name: value for name, value in environ.items() if not name.startswith(OUR_SETTINGS)}
        if not _is_readable(environ.get("CONTENT_TYPE", "")):
            clean["CONTENT_TYPE"] = ""
        if _is_chunked(environ):
            body = environ["wsgi.input"].read(MAX_CHUNKED_BYTES)
            clean |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        response = self._application(clean, start_response)
        if _is_chunked(environ) or environ.get("CONTENT_LENGTH", "0") not in ("", "0"):
            environ["wsgi.input"].read(MAX_DRAINED_BYTES)
        return response


def _is_chunked(environ: dict[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _is_readable(content_type: str) -> bool:
    try:
        parse_header_parameters(content_type)
    except ValueError:
        return False
    return True
