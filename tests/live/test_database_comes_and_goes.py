"""PostgreSQL that goes away and comes back under a running site, which goes on by itself."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.live.databases import ON_POSTGRESQL
from tests.live.site import Site, prepared_site
from tests.postgresql import server_uri

pytestmark = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite is a file: it does not come and go.")

LONGEST_REFUSAL_SECONDS = 3
LONGEST_RETURN_SECONDS = 2


class Door:
    """A port through which the database is reached while it is open."""

    def __init__(self, database: Path) -> None:
        self._database = str(database)
        self._listener: socket.socket | None = None
        self._ends: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Nobody comes in any more, and who is in is thrown out."""
        for end in [*([self._listener] if self._listener else []), *self._ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._listener, self._ends = None, []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._database)
                self._ends += [client, server]
                Thread(target=_carry, args=(client, server), daemon=True).start()


def _carry(client: socket.socket, server: socket.socket) -> None:
    """Copy both ways until either end closes."""
    other = {client: server, server: client}
    with suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
        for each in other:
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                end = key.fileobj
                assert isinstance(end, socket.socket)
                data = end.recv(2**16)
                if not data:
                    other[end].shutdown(socket.SHUT_WR)
                    return
                other[end].sendall(data)


@pytest.fixture
def door() -> Iterator[Door]:
    directory = parse_qs(urlsplit(server_uri()).query)["host"][0]
    door = Door(Path(directory) / ".s.PGSQL.5432")
    yield door
    door.close()


@pytest.fixture
def site_behind(door: Door, tmp_path: Path) -> Iterator[Site]:
    """A prepared site whose only way to its database is the door, closed."""
    site = prepared_site(tmp_path / "data")
    direct = urlsplit(site.environment["DATABASE_URL"])
    site.environment["DATABASE_URL"] = f"postgres://postgres@127.0.0.1:{door.port}{direct.path}"
    yield site
    assert site.stop() == 0, site.output.read_text()


def test_a_site_started_without_database_becomes_ready_with_it(site_behind: Site, door: Door) -> None:
    site_behind.start(wait_for="/livez")
    assert httpx.get(f"{site_behind.url}/readyz").status_code == 503
    door.open()
    site_behind.wait_for("/readyz")
    with site_behind.client("member") as client:
        assert client.get("/api/v1/secrets").status_code == 200


def test_a_lost_database_is_503_and_used_at_once_when_back(site_behind: Site, door: Door) -> None:
    door.open()
    site_behind.start()
    body = {"name": "TOKEN", "value": "a-value-that-never-comes-back"}
    with site_behind.client("member") as client:
        assert client.post("/api/v1/secrets", json=body).status_code == 201
        for _ in range(3):
            door.close()
            # More requests than threads, so that each meets its own broken connection.
            for _ in range(10):
                before = time.monotonic()
                answer = client.get("/api/v1/secrets")
                assert time.monotonic() - before < LONGEST_REFUSAL_SECONDS
                assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
                assert "Retry-After" in answer.headers
                assert client.get("/livez").status_code == 200
            door.open()
            back = time.monotonic()
            answers = [client.get("/api/v1/secrets")]
            while answers[-1].status_code != 200 and time.monotonic() - back < LONGEST_RETURN_SECONDS:
                answers.append(client.get("/api/v1/secrets"))
            assert answers[-1].json()["count"] == 1
            assert {answer.status_code for answer in answers} <= {200, 503}
