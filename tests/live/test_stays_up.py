"""The site stays up: beside clients that stall, workers that die, a server that is killed, and a lock that is held.

`make test` runs small samples; `make test-faults`, which sets NEO_TEST_FAULTS=whole, runs all of it.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.live.databases import ON_POSTGRESQL
from tests.live.faults import WHOLE
from tests.live.site import NO_TLS, PATIENCE_SECONDS, TWO_WORKERS, Site, prepared_site

STALLED = 64
STALL_SECONDS = 60.0 if WHOLE else 2.0
KILL_SECONDS = 10.0 if WHOLE else 2.0
SERVER_KILLS = 50 if WHOLE else 1
LOCK_SECONDS = 20.0 if WHOLE else 6.0
# On a busy machine, as that of `make test` is, a process may not run for a while. What is held up by a fault waits
# until its end, or for the 10 seconds of the client.
LONGEST_LIVEZ_SECONDS = 0.2 if WHOLE else 3.0
LONGEST_ANSWER_SECONDS = 1.5 if WHOLE else 3.5
LONGEST_REFUSAL_SECONDS = 3.5 if WHOLE else 5.0
KILLS_EACH_SECOND = 5
HEAD = b"POST /api/v1/auth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
STALLS = {
    "headers": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "body": HEAD + b"Content-Length: 200\r\n\r\n{",
    "chunked body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "large body": HEAD + b"Content-Length: 1000000\r\n\r\n{",
    "body of a probe": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200\r\n\r\n",
    "reading": b"GET /api/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20,
}


@pytest.fixture(scope="module")
def tough(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = prepared_site(tmp_path_factory.mktemp("tough") / "data", NEO_MAX_SECRETS_PER_SCOPE="100000", **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


def seconds_of(ask: Callable[[], httpx.Response], status: int) -> float:
    before = time.monotonic()
    answer = ask()
    assert answer.status_code == status, answer.text
    return time.monotonic() - before


def livez(site: Site) -> float:
    """The seconds until `/livez` answers 200, on a connection of its own."""
    return seconds_of(lambda: httpx.get(f"{site.url}/livez", timeout=10, verify=NO_TLS), 200)


def stalled(site: Site, sent: bytes) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    connection.connect(("127.0.0.1", site.port))
    connection.sendall(sent)
    return connection


def test_clients_that_stall_hold_up_nobody(tough: Site) -> None:
    until = time.monotonic() + STALL_SECONDS
    with ExitStack() as stack, tough.client("member") as client:
        for sent in STALLS.values():
            for _ in range(STALLED):
                stack.enter_context(closing(stalled(tough, sent)))
        times = []
        while time.monotonic() < until:
            times.append(livez(tough))
            seconds_of(lambda: client.get("/api/v1/secrets"), 200)
            seconds_of(lambda: httpx.get(f"{tough.url}/readyz", timeout=10, verify=NO_TLS), 200)
            time.sleep(0.05)
    assert max(times) < LONGEST_ANSWER_SECONDS


def answers_until(site: Site, stop: Event) -> list[float]:
    """The moments at which `/livez` answered; a connection to a worker that was just killed may break."""
    moments = [time.monotonic()]
    while not stop.is_set():
        try:
            livez(site)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            continue
        moments.append(time.monotonic())
        time.sleep(0.02)
    return [*moments, time.monotonic()]


@pytest.mark.parametrize("place", ["1", r"\d+"], ids=["one worker", "the newest worker"])
def test_a_worker_that_is_killed_again_and_again_stops_nothing(tough: Site, place: str) -> None:
    stop, killed = Event(), set[int]()
    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(answers_until, tough, stop)
        until = time.monotonic() + KILL_SECONDS
        while time.monotonic() < until:
            pid = tough.worker_pids(place=place)[-1]
            killed |= {pid} if kill(pid) else set()
            time.sleep(1 / KILLS_EACH_SECOND)
        stop.set()
        moments = answered.result()
    assert killed
    assert max(later - one for one, later in pairwise(moments)) < LONGEST_ANSWER_SECONDS
    until = time.monotonic() + PATIENCE_SECONDS
    while tough.output.read_text().count("worker.died") < len(killed) and time.monotonic() < until:
        time.sleep(0.1)
    assert tough.output.read_text().count("worker.died") >= len(killed)


def kill(pid: int) -> bool:
    """Whether there was such a process."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.once
def test_a_server_that_is_killed_leaves_no_worker(tmp_path: Path) -> None:
    chance = random.Random(18)
    site = prepared_site(tmp_path / "data", **TWO_WORKERS)
    for _ in range(SERVER_KILLS):
        site.start(wait_for="/livez")
        # While a successor is being made.
        kill(site.worker_pids()[-1])
        time.sleep(chance.random() * 0.4)
        assert site.process is not None
        site.process.kill()
        site.process.wait()
        until = time.monotonic() + (5 if WHOLE else 20)
        while any(map(is_alive, site.worker_pids())) and time.monotonic() < until:
            time.sleep(0.02)
        assert not [pid for pid in site.worker_pids() if is_alive(pid)]
        with pytest.raises(ConnectionRefusedError):
            stalled(site, b"")


@pytest.fixture
def lock(tough: Site) -> Iterator[sqlite3.Connection]:
    """Another process, as it were, that may hold SQLite's lock."""
    other = sqlite3.connect(str(tough.directory / "db.sqlite3"), isolation_level=None)
    yield other
    other.close()


@pytest.mark.skipif(ON_POSTGRESQL, reason="For the lock of SQLite.")
def test_a_held_lock_refuses_writers_soon_and_stops_nobody_else(tough: Site, lock: sqlite3.Connection) -> None:
    tough.headers("member")
    until = time.monotonic() + LOCK_SECONDS

    def write_until(writer: int) -> list[float]:
        times: list[float] = []
        with tough.client("member") as client:
            while time.monotonic() < until - LONGEST_REFUSAL_SECONDS:
                body = {"name": f"LATE_{writer}_{len(times)}", "value": "a-value"}
                times.append(seconds_of(lambda body=body: client.post("/api/v1/secrets", json=body), 503))  # type: ignore[misc]
        return times

    with ThreadPoolExecutor(9) as pool, tough.client("member") as client:
        lock.execute("BEGIN IMMEDIATE")
        writers = [pool.submit(write_until, writer) for writer in range(8)]
        impatient = pool.submit(httpx.post, f"{tough.url}/api/v1/secrets", **given_up(tough))  # type: ignore[arg-type]
        reads, probes = [], []
        while time.monotonic() < until:
            probes += [livez(tough)]
            reads += [seconds_of(lambda: client.get("/api/v1/secrets"), 200)]
            reads += [seconds_of(lambda: client.get("/readyz"), 200)]
            time.sleep(0.05)
        assert client.get("/writez").json() == {"status": "not writable", "reason": "lock"}
        assert isinstance(impatient.exception(), httpx.ReadTimeout)
        lock.rollback()
        first = seconds_of(lambda: client.post("/api/v1/secrets", json={"name": "IN_TIME", "value": "a-value"}), 201)
        time.sleep(1)
        names = {secret["name"] for secret in client.get("/api/v1/secrets").json()["results"]}
    assert max(probes) < LONGEST_LIVEZ_SECONDS
    assert max(reads) < LONGEST_ANSWER_SECONDS
    assert max(seconds for writer in writers for seconds in writer.result()) < LONGEST_REFUSAL_SECONDS
    assert first < LONGEST_ANSWER_SECONDS
    assert {name for name in names if name.startswith(("LATE", "IN_TIME", "GIVEN_UP"))} == {"IN_TIME"}
    assert "reason=lock" in tough.output.read_text()


def given_up(site: Site) -> dict[str, object]:
    """A write whose client does not wait for the answer."""
    body = {"name": "GIVEN_UP", "value": "a-value"}
    return {"json": body, "headers": site.headers("member"), "timeout": 0.5, "verify": NO_TLS}
