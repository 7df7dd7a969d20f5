"""Faults outside of Django: they are answered with 500, and their reason is in the log only."""

from __future__ import annotations

import json
from typing import Any, Never

import pytest

from neo_site.gateway import Gateway
from neo_site.logs.formatters import JSONFormatter
from tests.cast import CANARY


class Gone:
    """The body of a client that has gone away."""

    def read(self, size: int = -1) -> Never:
        raise OSError(CANARY)


def failing(environ: dict[str, Any], start_response: Any) -> Never:
    raise ValueError(CANARY)


def silent(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("204 No Content", [])
    return []


@pytest.mark.parametrize(
    ("application", "environ"),
    [
        (failing, {}),
        (silent, {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Gone()}),
        (silent, {"CONTENT_LENGTH": "5", "wsgi.input": Gone()}),
    ],
    ids=["the application", "a chunked body", "a body that is left"],
)
def test_the_server_gets_an_answer_and_no_exception(
    application: Any, environ: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    started: list[Any] = []
    body = b"".join(Gateway(application)(environ, lambda *head: started.append(head)))
    assert started[-1][0] == "500 Internal Server Error"
    assert (json.loads(body)["status"], json.loads(body)["code"]) == (500, "internal_error")
    (record,) = caplog.records
    line = JSONFormatter().format(record)
    assert "gateway.failed" in line
    assert CANARY not in line + body.decode()
