"""A site that works for long grows no memory, descriptors, threads or connections.

`make test-faults` lets it work for ten minutes; `make test` for seconds, which only shows that this file measures.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import NamedTuple

import psutil
import pytest

from tests.live.faults import WHOLE, Figure
from tests.live.ledger import ENVIRONMENT
from tests.live.site import Site

# The engines differ in how they are killed, not in how a worker grows.
pytestmark = pytest.mark.once

WARM_UP_SECONDS = 120.0 if WHOLE else 1.0
SOAK_SECONDS = 480.0 if WHOLE else 2.0
SAMPLES = 16 if WHOLE else 2
CLIENTS = 3
# Between the first quarter after warming up and the last one. A sample says nothing of growth.
MOST_GROWTH = 1.05 if WHOLE else 2.0
FEW = 4 if WHOLE else 100


@pytest.fixture(scope="module", autouse=True)
def _user(site: Site) -> None:
    site.add_users("soaker")


class Sample(NamedTuple):
    """What the workers hold at one moment, all together."""

    memory: int
    """Bytes that no other process shares in full (PSS)."""
    descriptors: int
    threads: int
    connections: int


def sample(site: Site) -> Sample:
    workers = [psutil.Process(pid) for pid in site.worker_pids()]
    return Sample(
        sum(_pss(worker.pid) for worker in workers),
        sum(worker.num_fds() for worker in workers),
        sum(worker.num_threads() for worker in workers),
        sum(len(worker.net_connections()) for worker in workers),
    )


def _pss(pid: int) -> int:
    line = next(line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


def work_until(site: Site, client_number: int, *, stop: Event) -> Counter[int]:
    """Do what clients do all day; return how often which status was answered."""
    answered: Counter[int] = Counter()
    with site.client("soaker") as client:
        for number in _numbers(stop):
            name = f"SOAK_{client_number}_{number % 50}"
            made = client.post("/api/v1/secrets", json={"name": name, "value": f"a value of number {number}"})
            listed = client.get("/api/v1/secrets?limit=50")
            grant = client.post("/api/v1/task-grants", json={"secrets": [name], "include_default": False})
            task = {"Authorization": f"Bearer {grant.json()['token']}"}
            used = client.post(ENVIRONMENT, headers=task)
            revoked = client.delete(f"/api/v1/task-grants/{grant.json()['id']}")
            refused = client.post("/api/v1/secrets", json={"name": "not a name"})
            deleted = client.delete(f"/api/v1/secrets/{made.json()['id']}")
            answered.update(each.status_code for each in (made, listed, grant, used, revoked, refused, deleted))
    return answered


def _numbers(stop: Event) -> Iterator[int]:
    number = 0
    while not stop.is_set():
        number += 1
        yield number


def middle(samples: list[Sample]) -> Sample:
    """Return the middle of each column."""
    return Sample(*(sorted(column)[len(column) // 2] for column in zip(*samples, strict=True)))


def test_a_site_at_work_does_not_grow(site: Site, figure: Figure) -> None:
    site.headers("soaker")
    stop, samples = Event(), []
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(partial(work_until, site, number, stop=stop)) for number in range(CLIENTS)]
        time.sleep(WARM_UP_SECONDS)
        for _ in range(SAMPLES):
            time.sleep(SOAK_SECONDS / SAMPLES)
            samples.append(sample(site))
        stop.set()
        answered = sum((client.result() for client in clients), Counter[int]())
    quarter = max(SAMPLES // 4, 1)
    first, last = middle(samples[:quarter]), middle(samples[-quarter:])
    figure(
        "soak",
        f"{WARM_UP_SECONDS + SOAK_SECONDS:.0f} s, {answered.total()} requests; memory of both workers "
        f"{first.memory / 2**20:.1f} MiB, then {last.memory / 2**20:.1f}; descriptors {first.descriptors}, then "
        f"{last.descriptors}; threads {first.threads}, then {last.threads}; connections {first.connections}, then "
        f"{last.connections}",
    )
    assert answered.keys() == {200, 201, 204, 400}
    assert last.memory < first.memory * MOST_GROWTH
    assert last.descriptors <= first.descriptors + FEW
    assert last.threads <= first.threads + FEW
    assert last.connections <= first.connections + FEW
