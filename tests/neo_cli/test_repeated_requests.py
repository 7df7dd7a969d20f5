"""A request that makes something is sent again after 503 and after a lost answer, with the same key."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from neo_cli import client as client_module
from neo_cli import grants
from neo_cli.client import Client, Transport
from neo_cli.exits import Failure
from neo_cli.problems import Refusal

pytestmark = pytest.mark.once

BODY = {"name": "TOKEN"}


class Token:
    def token(self) -> str:
        return "neo_sk_" + 38 * "0"

    def renew(self, transport: Transport) -> None:
        raise AssertionError


class Script:
    """A server that answers by a list of statuses; 0 closes the connection without an answer."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.requests: list[tuple[str, str, str | None]] = []


def problem(status: int) -> dict[str, Any]:
    code = {409: "already_made", 503: "unavailable"}.get(status, "invalid")
    return {"status": status, "code": code, "detail": "No.", "request_id": "1", "errors": {"id": ["an-id"]}}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Script, Client]]:
    monkeypatch.setattr(client_module, "RETRY_SECONDS", (0.01, 0.01, 0.01))
    held = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            held.requests.append((self.command, self.path, self.headers.get("Idempotency-Key")))
            status = held.statuses.pop(0)
            if not status:
                self.close_connection = True
                return
            content = b"" if status == 204 else json.dumps(BODY if status < 300 else problem(status)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = handle_any  # noqa: N815  (the names that the library looks for)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    transport = Transport(f"http://127.0.0.1:{server.server_port}")
    yield held, Client(transport, Token())
    transport.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("statuses", [[201], [503, 201], [0, 201], [503, 0, 503, 201]], ids=str)
def test_it_is_sent_again_with_the_same_key(statuses: list[int], script: tuple[Script, Client]) -> None:
    server, client = script
    server.statuses = list(statuses)
    assert client.make("secrets", BODY) == BODY
    keys = [key for _, _, key in server.requests]
    assert len(keys) == len(statuses)
    assert len(set(keys)) == 1
    assert keys[0]


def test_each_request_has_a_key_of_its_own(script: tuple[Script, Client]) -> None:
    server, client = script
    server.statuses = [201, 201]
    for _ in range(2):
        client.make("secrets", BODY)
    assert len({key for _, _, key in server.requests}) == 2


@pytest.mark.parametrize(("statuses", "sent"), [([503] * 4, 4), ([0] * 4, 4), ([400], 1), ([409], 1)], ids=str)
def test_it_gives_up_and_repeats_no_refusal(statuses: list[int], sent: int, script: tuple[Script, Client]) -> None:
    server, client = script
    server.statuses = list(statuses)
    with pytest.raises(Failure):
        client.make("secrets", BODY)
    assert len(server.requests) == sent


def test_a_grant_whose_token_was_lost_is_revoked_and_made_anew(script: tuple[Script, Client]) -> None:
    server, client = script
    server.statuses = [0, 409, 204, 201]
    assert grants._make(client, "task-grants", BODY) == BODY
    assert [(method, path) for method, path, _ in server.requests] == [
        ("POST", "/api/v1/task-grants"),
        ("POST", "/api/v1/task-grants"),
        ("DELETE", "/api/v1/task-grants/an-id"),
        ("POST", "/api/v1/task-grants"),
    ]
    first, again, _, anew = [key for _, _, key in server.requests]
    assert first == again != anew


def test_a_lost_answer_of_what_makes_nothing_is_no_reason_to_ask_again(script: tuple[Script, Client]) -> None:
    server, client = script
    server.statuses = [503]
    with pytest.raises(Refusal):
        client.post("secrets/1/promote")
    assert [key for _, _, key in server.requests] == [None]
