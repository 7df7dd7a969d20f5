"""PostgreSQL whose processes are stopped: connections stay open and nothing answers. Requests end all the same."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.live.databases import ON_POSTGRESQL
from tests.live.faults import WHOLE
from tests.live.site import TWO_WORKERS, Site, prepared_site
from tests.live.test_stays_up import LONGEST_ANSWER_SECONDS, LONGEST_LIVEZ_SECONDS, livez

pytestmark = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has no process that could stop.")

LONGEST_REFUSAL_SECONDS = 5 if WHOLE else 8
CLIENTS = 8
FROZEN_SECONDS = 20.0 if WHOLE else 2.0


class Server:
    """The processes of the PostgreSQL of these tests."""

    def __init__(self, database_url: str) -> None:
        directory = Path(parse_qs(urlsplit(database_url).query)["host"][0])
        self._postmaster = int((directory / "postmaster.pid").read_text().split()[0])

    def freeze(self) -> None:
        """The postmaster first, so that it starts no further process."""
        for pid in [self._postmaster, *self._children()]:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in [*self._children(), self._postmaster]:
            os.kill(pid, signal.SIGCONT)

    def _children(self) -> list[int]:
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children")
        return [int(pid) for pid in children.read_text().split()]


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    site = prepared_site(tmp_path / "data", **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


@pytest.fixture
def server(own_site: Site) -> Iterator[Server]:
    server = Server(own_site.environment["DATABASE_URL"])
    yield server
    server.thaw()


def refused_within(client: httpx.Client) -> float:
    """The seconds until a request is answered that the site is unavailable."""
    before = time.monotonic()
    answer = client.get("/api/v1/secrets")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1
    return time.monotonic() - before


def test_a_frozen_database_is_503_until_it_goes_on(own_site: Site, server: Server) -> None:
    with own_site.client("member") as client:
        for _ in range(2):
            assert client.get("/api/v1/secrets").status_code == 200
            server.freeze()
            # More requests than threads: kept connections are met, and then new ones.
            assert max(refused_within(client) for _ in range(5)) < LONGEST_REFUSAL_SECONDS
            assert client.get("/livez").status_code == 200
            assert client.get("/readyz").status_code == 503
            server.thaw()
            assert client.get("/api/v1/secrets").status_code == 200


def test_requests_waiting_for_a_frozen_database_block_no_others(own_site: Site, server: Server) -> None:
    clients = [own_site.client("member") for _ in range(CLIENTS)]
    server.freeze()
    with ThreadPoolExecutor(CLIENTS) as pool:
        waiting = [pool.submit(refused_within, client) for client in clients for _ in range(2)]
        probes = []
        for _ in range(50):
            probes.append(livez(own_site))
            time.sleep(FROZEN_SECONDS / 50)
        assert max(probes) < LONGEST_LIVEZ_SECONDS
        assert max(each.result() for each in waiting) < LONGEST_REFUSAL_SECONDS
    server.thaw()
    back = time.monotonic()
    while clients[0].get("/api/v1/secrets").status_code != 200:
        assert time.monotonic() - back < LONGEST_ANSWER_SECONDS
    assert "reason=database_frozen" in own_site.output.read_text()
    for client in clients:
        client.close()
