"""The WSGI layer between the server and Django."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.utils.http import parse_header_parameters

from neo_base.rest.errors import InternalError
from neo_site.handlers import Application

logger = logging.getLogger(__name__)

# The largest body that any endpoint takes, and one more byte, to notice a larger one.
MAX_CHUNKED_BYTES = 8 * 2**20 + 1
# How much of an unread body is read and dropped; a client that sends more finds the connection closed.
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


class Gateway:
    """Repairs the WSGI environment before Django sees it, and the connection afterwards, whatever the server.

    Behind `neo_site.serve`, bodies are complete and the environment is clean by now: `neo_site/serving/front.py`.

    - granian (2.8) copies the environment of the process into each request, where an error report could show it: the
      settings of this site are removed.
    - Django fails on a Content-Type that it cannot parse before anything can answer: it counts as missing.
    - Django reads a body only as far as Content-Length says, so that a chunked one would count as empty: it is read
      here, up to the limit.
    - granian breaks the connection for the next request when an answer, such as 401 or 413, leaves a part of the body
      unread: that part is read and dropped.
    - granian prints what an application raises, with its message: nothing is raised from here, and 500 is answered.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self._answer(environ, start_response)
        except Exception as error:
            # Any exception: one that leaves this function would be printed with its message.
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
