"""A worker is killed while clients write. What was acknowledged is there and can be opened; the site goes on."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import httpx
import pytest

from tests.live.site import PATIENCE_SECONDS, TWO_WORKERS, Site, prepared_site

WRITERS = 6
WRITES_BEFORE, WRITES_AFTER = 30, 90
# Without pauses, a writer on a busy machine waits for SQLite's lock longer than a request may.
SECONDS_BETWEEN = 0.03
OPEN_ALL = """
import json
from secrets_app import vault
from secrets_app.models import Secret
print(json.dumps({secret.name: vault.open_value(secret).reveal() for secret in Secret.objects.all()}))
"""


@pytest.fixture
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may be hurt."""
    directory = tmp_path_factory.mktemp("killed") / "data"
    site = prepared_site(directory, NEO_MAX_SECRETS_PER_SCOPE="100000", **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


def value_of(name: str) -> str:
    return f"the value of {name}, and of no other one"


def write_until(site: Site, writer: int, *, stop: Event, acknowledged: list[str]) -> list[int]:
    """Add the names that are acknowledged to the list; return the statuses of all answers."""
    statuses, number = [], 0
    with site.client("member") as client:
        while not stop.wait(SECONDS_BETWEEN):
            number += 1
            name = f"WRITER_{writer}_{number}"
            try:
                answer = client.post("/api/v1/secrets", json={"name": name, "value": value_of(name)})
            except httpx.TransportError:
                # The worker behind this connection is gone; the next request opens another one.
                continue
            statuses.append(answer.status_code)
            acknowledged += [name] if answer.status_code == 201 else []
    return statuses


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)
    assert is_so()


def test_every_acknowledged_write_survives(own_site: Site) -> None:
    own_site.headers("member")
    stop, victim, acknowledged = Event(), own_site.worker_pids()[0], list[str]()
    write = partial(write_until, own_site, stop=stop, acknowledged=acknowledged)
    with ThreadPoolExecutor(WRITERS) as pool:
        try:
            writers = [pool.submit(write, writer) for writer in range(WRITERS)]
            wait_until(lambda: len(acknowledged) > WRITES_BEFORE)
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: len(acknowledged) > WRITES_BEFORE + WRITES_AFTER)
        finally:
            stop.set()
        assert {status for writer in writers for status in writer.result()} == {201}
    stored = json.loads(own_site.manage("shell", "--no-imports", "--command", OPEN_ALL))
    assert stored.items() >= {name: value_of(name) for name in acknowledged}.items()
    # A write whose answer was lost may be there too: whole.
    assert stored == {name: value_of(name) for name in stored}
    own_site.wait_for("/readyz")
    wait_until(lambda: len(own_site.worker_pids()) == 3)
