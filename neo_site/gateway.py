"""Between the server and Django."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

# The largest body that any endpoint takes, and one byte to notice that there is more.
MAX_CHUNKED_BYTES = 8 * 2**20 + 1
# What is read of a body that nobody wanted; a client that sends more finds the connection closed.
MAX_DRAINED_BYTES = 16 * 2**20

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gateway:
    """Three repairs between the WSGI server and Django.

    Servers copy the process's environment into each request, where an error report could show it: our settings are
    taken out. Django reads a body only as far as Content-Length says, so that a chunked one would count as empty: it is
    read here, at most to the limit. And an answer given before the body was read, such as 401 or 413, would break the
    connection for the next request: what is left is read and dropped.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        clean = {name: value for name, value in environ.items() if not name.startswith(("NEO_", "DATABASE_URL"))}
        stream = environ["wsgi.input"]
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if chunked:
            body = stream.read(MAX_CHUNKED_BYTES)
            clean |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        response = self._application(clean, start_response)
        if chunked or environ.get("CONTENT_LENGTH", "0") not in ("", "0"):
            stream.read(MAX_DRAINED_BYTES)
        return response
