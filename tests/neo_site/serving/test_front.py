"""What the front answers itself, what it hands on, and what it keeps from Django."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from neo_site.serving import front
from neo_site.serving.environ import Answer
from neo_site.serving.front import Front
from tests.cast import CANARY
from tests.neo_site.serving.front import Headers, Protocol, Scope, posting

pytestmark = pytest.mark.once


def answer(scope: Scope, *parts: bytes, application: Callable[..., Any] | None = None) -> Answer:
    """The answer of a front whose application notes the environment that it gets."""
    protocol = Protocol(parts or (b"",))
    served = Front(application or echo, threads=1, seconds=5, own_lane_for_writers=False)
    asyncio.run(served(scope, protocol))
    assert served.open_requests == 0
    (found,) = protocol.answers
    return found


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    body = environ.pop("wsgi.input").read().decode()
    start_response("200 OK", [("Content-Type", "application/json")])
    plain = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps(plain | {"body": body}).encode()]


def failing(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    raise ValueError(CANARY)


def test_livez_is_answered_without_the_application() -> None:
    found = answer(Scope("GET", "/livez", Headers(host="10.0.0.7")), application=failing)
    assert (found.status, json.loads(found.body)) == (200, {"status": "alive"})
    assert "no-store" in dict(found.headers)["Cache-Control"]


@pytest.mark.parametrize(
    ("scope", "status"), [(posting(0), 405), (Scope("GET", headers=Headers({"content-length": "9"})), 400)]
)
def test_livez_takes_no_other_method_and_no_body(scope: Scope, status: int) -> None:
    scope.path = "/livez"
    assert answer(scope, b"x", application=failing).status == status


def test_livez_is_known_under_the_base_path() -> None:
    protocol = Protocol()
    served = Front(failing, threads=1, seconds=5, own_lane_for_writers=False, base_path="/vault")
    asyncio.run(served(Scope("GET", "/vault/livez"), protocol))
    assert protocol.answers[0].status == 200


def draining(scope: Scope, application: Callable[..., Any]) -> Answer:
    protocol = Protocol()
    served = Front(application, threads=1, seconds=5, own_lane_for_writers=False)
    served.is_draining = True
    asyncio.run(served(scope, protocol))
    return protocol.answers[0]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/writez"])
def test_probes_fail_while_the_server_drains(path: str) -> None:
    found = draining(Scope("GET", path), failing)
    assert (found.status, json.loads(found.body)) == (503, {"status": "stopping"})


def test_other_requests_are_carried_out_while_the_server_drains_and_end_their_connections() -> None:
    found = draining(Scope("GET", "/any"), echo)
    assert (found.status, json.loads(found.body)["PATH_INFO"]) == (200, "/any")
    assert ("Connection", "close") in found.headers
    refused = draining(Scope("GET", "/livez", Headers({"content-length": "9"})), echo)
    assert (refused.status, dict(refused.headers)["Connection"]) == (400, "close")


def test_the_application_gets_the_request_and_nothing_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_SECRET_KEY", CANARY)
    headers = {"host": "secrets.example.com", "content-type": "text/plain", "transfer-encoding": "chunked"}
    scope = Scope("POST", "/ä/%", Headers(headers | {"x-forwarded-for": "1.2.3.4"}), "a=%20")
    found = json.loads(answer(scope, b"hel", b"lo", b"").body)
    assert found["body"] == "hello"
    assert (found["REQUEST_METHOD"], found["QUERY_STRING"]) == ("POST", "a=%20")
    assert found["PATH_INFO"].encode("latin-1").decode() == "/ä/%"
    assert (found["CONTENT_TYPE"], found["CONTENT_LENGTH"]) == ("text/plain", "5")
    assert (found["HTTP_HOST"], found["HTTP_X_FORWARDED_FOR"]) == ("secrets.example.com", "1.2.3.4")
    assert (found["REMOTE_ADDR"], found["SERVER_NAME"], found["SERVER_PORT"]) == ("192.0.2.7", "127.0.0.1", "8000")
    assert "HTTP_TRANSFER_ENCODING" not in found
    assert CANARY not in json.dumps(found)


def test_a_header_with_an_underscore_is_left_out() -> None:
    """WSGI could not tell it from the header of the proxy."""
    found = json.loads(answer(Scope(headers=Headers({"x_forwarded_for": "6.6.6.6"}))).body)
    assert "HTTP_X_FORWARDED_FOR" not in found


@pytest.mark.parametrize(
    ("client", "peer"),
    [("192.0.2.7:1", "192.0.2.7"), ("[2001:db8::1]:1", "2001:db8::1"), ("unix:", ""), ("unix:/run/neo.sock", "")],
)
def test_the_peer_of_a_unix_socket_has_no_address(client: str, peer: str) -> None:
    assert json.loads(answer(Scope(client=client)).body)["REMOTE_ADDR"] == peer


def test_what_the_application_raises_is_a_500_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    found = answer(Scope(), application=failing)
    assert (found.status, json.loads(found.body)["code"]) == (500, "internal_error")
    assert CANARY not in found.body.decode()
    assert "gateway.failed" in caplog.text


def test_a_refusal_is_a_problem_document_and_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(front, "MOST_BODY_BYTES", 1)
    with caplog.at_level(logging.INFO):
        found = answer(posting(5, path="/api/v1/secrets"), b"hello", b"")
    problem, headers = json.loads(found.body), dict(found.headers)
    assert (found.status, problem["status"], problem["code"]) == (503, 503, "unavailable")
    assert (headers["Content-Type"], headers["Retry-After"]) == ("application/problem+json", "1")
    assert problem["request_id"] == headers["X-Request-Id"]
    (record,) = [record for record in caplog.records if record.message == "request.answered"]
    assert (record.__dict__["status"], record.__dict__["reason"]) == (503, "queue_full")


def test_a_page_that_no_thread_takes_is_refused_with_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "MOST_BODY_BYTES", 1)
    found = answer(posting(5, path="/admin/login/"), b"hello", b"")
    headers = dict(found.headers)
    assert (found.status, headers["Retry-After"]) == (503, "1")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<h1>Not available</h1>" in found.body.decode()
