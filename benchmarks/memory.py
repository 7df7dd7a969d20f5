"""What a worker holds in memory: after its start, after requests of all kinds, and while it hashes passwords.

Starts PostgreSQL and the production server, and prints a table of MiB: all that is resident, of that what no other
process shares, and what is mapped from files. Then it imports the site in a process of its own, and
prints how much each package takes. Exits with 1 if a worker holds more than it may. Needs `wrk`; takes five minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil

from benchmarks.bench import jobs, servers
from benchmarks.bench.load import Request, Target, measure
from benchmarks.bench.singles import MEBIBYTE, MOST_OF_A_WORKER, wait_until_idle
from benchmarks.bench.stage import Stage, environment, prepared
from benchmarks.bench.usage import workers_of

PROJECTS = 40
REQUESTS_OF_A_WORKER = 10_000
CONNECTIONS = 8
SECONDS = 10
OF_EACH_JOB = 20
# One in fifty or so, as each takes as long as fifty others.
SIGN_INS = 3
LEAST_SHOWN = MEBIBYTE


def main() -> None:
    """Measure and print."""
    with prepared(PROJECTS) as stage:
        with servers.site(stage) as site:
            most = _measure_workers(stage, site)
        _say("\n| package | MiB |\n| --- | --- |")
        for name, size in sorted(_imported(stage).items(), key=lambda item: -item[1]):
            _say(f"| {name} | {size / MEBIBYTE:.1f} |")
    sys.exit(most > MOST_OF_A_WORKER)


def _measure_workers(stage: Stage, site: Target) -> int:
    """Print what the largest worker holds at each point; return what it holds in the end, in bytes."""
    _say("| a worker, MiB | resident | private | from files |\n| --- | --- | --- | --- |")
    _show("after its start", site)
    token = stage.read[0].access_token
    for _ in range(servers.WORKERS * CONNECTIONS):
        # A connection each, so that every worker gets some.
        httpx.get(f"http://127.0.0.1:{site.port}/api/v1/secrets", headers={"Authorization": f"Bearer {token}"})
    _show("after the first requests", site)
    done = 0.0
    while done < REQUESTS_OF_A_WORKER * servers.WORKERS:
        point = measure(site, _mixed(stage), connections=CONNECTIONS, seconds=SECONDS, warm_up=1)
        answered = point.rate * SECONDS - point.failed
        # On a busy machine, some are answered 503.
        if point.failed > answered / 100:
            raise SystemExit(f"{point.failed} requests failed.")
        done += answered
    wait_until_idle(site.pid)
    _show(f"after {done / servers.WORKERS:,.0f} requests of all kinds", site)
    with _peak(site) as peaks:
        measure(site, jobs.JOBS[-1].requests(stage), connections=CONNECTIONS, seconds=SECONDS, warm_up=1)
    _say(f"| at most, while it hashes passwords | {max(peaks) / MEBIBYTE:.0f} | | |")
    wait_until_idle(site.pid)
    return _show("after that", site)


def _mixed(stage: Stage) -> list[Request]:
    """Return requests of all jobs in turn, as far as there are as many of each."""
    *others, sign_in = [job.requests(stage)[:OF_EACH_JOB] for job in jobs.JOBS]
    return [each for turn in zip(*others, strict=False) for each in turn] + sign_in[:SIGN_INS]


def _show(when: str, site: Target) -> int:
    largest = max((each.memory_full_info() for each in workers_of(site.pid)), key=lambda info: info.rss)
    sizes = " | ".join(f"{size / MEBIBYTE:.0f}" for size in (largest.rss, largest.uss, largest.shared))
    _say(f"| {when} | {sizes} |")
    return int(largest.rss)


@contextmanager
def _peak(site: Target) -> Iterator[list[int]]:
    """Yield a list that gets the resident bytes of the largest worker, over and over."""
    sizes, ended = [0], threading.Event()

    def watch() -> None:
        workers: list[psutil.Process] = workers_of(site.pid)
        while not ended.wait(0.005):
            sizes.append(max(each.memory_info().rss for each in workers))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        ended.set()
        thread.join()


def _imported(stage: Stage) -> dict[str, int]:
    """Return the bytes that importing the site takes, by package."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.bench.imports"],
        cwd=servers.ROOT,
        env=environment(stage.directory, stage.database_url),
        capture_output=True,
        check=True,
    )
    found: dict[str, int] = json.loads(done.stdout)
    shown = {name: size for name, size in found.items() if size >= LEAST_SHOWN}
    return shown | {"others": sum(size for size in found.values() if size < LEAST_SHOWN)}


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
