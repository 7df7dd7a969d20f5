"""A request of the server as Django's WSGI handler takes it (PEP 3333), and the answer of that handler.

The environment is made here, header by header, so that nothing else is in it: no variable of the process, and no header
with an underscore, which WSGI cannot tell from one with a hyphen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_SEPARATORS = {"HTTP_COOKIE": "; "}
_CONSTANT: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


UNREADABLE = "\xff"
"""Stands for the value of a header that the server cannot read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and the whole body of an answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def send(self, protocol: Any) -> None:
        """Give the answer to the server, from whatever thread. Returns at once: the server waits for slow readers."""
        protocol.response_bytes(self.status, self.headers, self.body)


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a request whose body is complete."""
    server, _, port = scope.server.rpartition(":")
    environ = _CONSTANT | {
        "REQUEST_METHOD": scope.method,
        # WSGI wants the bytes of the path as Latin-1.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]") or "localhost",
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.0" if scope.http_version == "1" else f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": peer_of(scope.client),
        "wsgi.input": BytesIO(body),
    }
    for name, value in scope.headers.items():
        key = _key_of(name)
        if key in environ:
            value = f"{environ[key]}{_SEPARATORS.get(key, ',')}{value}"
        if key:
            environ[key] = value
    for key in filter(None, map(_key_of, scope.headers.keys())):
        # The server gives no value that is not ASCII. Left out, the header would not be refused, but ignored.
        environ.setdefault(key, UNREADABLE)
    # A chunked body is complete by now, and has a length like any other.
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def peer_of(client: str) -> str:
    """Return the IP address of the connection's peer, empty for that of a Unix socket."""
    return "" if client.startswith("unix:") or ":" not in client else client.rpartition(":")[0].strip("[]")


@lru_cache(maxsize=256)
def _key_of(header: str) -> str:
    """Return the key of a header in the environment; empty for one that is left out."""
    if "_" in header or header == "transfer-encoding":
        return ""
    return _UNPREFIXED.get(header) or "HTTP_" + header.upper().replace("-", "_")


def call(application: Application, environ: dict[str, Any]) -> tuple[Answer, Callable[[], None]]:
    """Return the answer of `application`, and what has to be called once it has been sent."""
    status, headers = 0, []

    def start_response(line: str, found: list[tuple[str, str]], exc_info: Any = None) -> None:
        nonlocal status, headers
        status, headers = int(line.partition(" ")[0]), found

    response = application(environ, start_response)
    close = getattr(response, "close", None) or (lambda: None)
    return Answer(status, headers, b"".join(response)), close
