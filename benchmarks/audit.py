"""Cost of `audit chain` for writers, and completeness of the audit log under load, on a real PostgreSQL.

Writers send requests over HTTP without a pause, each on a connection and in a project of its own; the site is
`python -m neo_site.serve` with two processes. Beside it, `manage.py audit chain` is stopped and continued
in turn, in short intervals, so that a slow moment of the machine affects both sides. While it runs, it also
chains what was written while it was stopped, which is twice its share. At the end, the benchmark kills it,
looks for each answer's X-Request-Id in the audit log, and runs `audit verify`. Run with `python -m benchmarks.audit`.
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import Connection, request
from tests.live.databases import new_postgresql
from tests.live.site import ROOT, TWO_WORKERS, Site

REQUEST_ID = re.compile(rb"(?i)\r\nx-request-id: *([0-9a-f]+)")
# The acceptance criterion of this project.
ALLOWED_RATIO = 0.9
SETTINGS = TWO_WORKERS | {"NEO_ACCESS_TOKEN_SECONDS": "86400", "PYTHONUNBUFFERED": "1"}
# Events from before the writers begin.
PREPARATION = {"session.started", "project.created"}

Action = tuple[str, str]
"""The id of a request, and the event that it must leave in the audit log."""
Work = Generator[tuple[str, bytes], Any, None]


@dataclass
class Result:
    phases: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    """Acknowledged writes per second of each interval, without the chaining and with it."""
    acknowledged: int = 0
    blocks: int = 0
    wrong: list[str] = field(default_factory=list)
    verified: str = ""

    @property
    def ratio(self) -> float:
        return sum(self.phases[True]) / sum(self.phases[False])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of each side")
    parser.add_argument("--phase", type=float, default=1, help="seconds of an interval")
    parser.add_argument("--every", type=float, default=0.5, help="seconds from one run to the next")
    parser.add_argument("--writers", type=int, default=16)
    options = parser.parse_args()
    result = measure(**vars(options))
    _show(result)
    if result.wrong or result.ratio < ALLOWED_RATIO:
        sys.exit("\n".join(result.wrong) or f"Sealing slows writers by more than {1 - ALLOWED_RATIO:.0%}.")


def _show(result: Result) -> None:
    pairs = sorted(on / off for off, on in zip(result.phases[False], result.phases[True], strict=True))
    for name, rates in (("without the chaining", result.phases[False]), ("with the chaining", result.phases[True])):
        print(f"{name:20} {statistics.mean(rates):6.1f} writes/s in {len(rates)} intervals")  # noqa: T201
    spread = f"of the pairs {pairs[0]:.2f} to {pairs[-1]:.2f}, median {statistics.median(pairs):.3f}"
    print(f"{'ratio':20} {result.ratio:6.3f} ({spread})")  # noqa: T201
    print(f"{result.acknowledged} acknowledged, {result.blocks} blocks, {len(result.wrong)} wrong")  # noqa: T201
    print(result.verified, end="")  # noqa: T201


def measure(*, seconds: float, phase: float, every: float, writers: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="neo-benchmark-") as directory:
        database = new_postgresql()
        site = Site(Path(directory) / "data", **SETTINGS, **database)
        names = [f"writer{number}" for number in range(writers)]
        site.python("-m", "neo_site.keys", str(site.directory))
        site.manage("migrate", "--verbosity", "0")
        site.add_users(*names)
        site.start()
        try:
            load = Load(site.port, [_work_of(site, name) for name in names])
            result = Result()
            _alternate(site, load, result, rounds=max(1, round(seconds / phase)), phase=phase, every=every)
            load.finish()
            _check(site, load, database["DATABASE_URL"], result)
        finally:
            site.stop()
    return result


def _alternate(site: Site, load: Load, result: Result, *, rounds: int, phase: float, every: float) -> None:
    with _chaining(site, load, every) as chaining:
        for number in range(rounds):
            # The audit log grows, so each side goes first in every other round.
            for runs in (False, True) if number % 2 == 0 else (True, False):
                chaining.send_signal(signal.SIGCONT if runs else signal.SIGSTOP)
                result.phases[runs].append(load.run(phase))
        if chaining.poll() is not None:
            sys.exit("`audit chain` ended by itself.")


@contextmanager
def _chaining(site: Site, load: Load, every: float) -> Iterator[subprocess.Popen[bytes]]:
    """Run `audit chain` beside the writers; yield once it has chained for the first time, kill it at the end."""
    command = [sys.executable, "manage.py", "audit", "chain", "--every", str(every)]
    process = subprocess.Popen(command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE)  # noqa: S603
    try:
        with selectors.DefaultSelector() as started:
            started.register(process.stdout or sys.exit(), selectors.EVENT_READ)
            # A little load warms the site up; more would only hold up the command that is to start.
            while not started.select(timeout=0.4):
                load.run(0.1)
        yield process
    finally:
        process.kill()
        process.communicate()


def _work_of(site: Site, name: str) -> Work:
    with site.client(name) as client:
        project = client.post("/api/v1/projects", json={"name": name}).raise_for_status().json()["project"]["id"]
    return work(site.headers(name)["Authorization"].removeprefix("Bearer "), project)


def work(token: str, project: str) -> Work:
    """Yield a writer's requests, over and over; `yield` returns the body of each answer."""
    secrets, grants = "/api/v1/secrets", "/api/v1/task-grants"
    while True:
        body = {"name": "TOKEN", "value": "v" * 40, "project_id": project}
        secret = yield "secret.created", request("POST", secrets, token, body)
        path = f"{secrets}/{secret['id']}"
        yield "secret.updated", request("PATCH", path, token, {"value": "w" * 40})
        order = {"project_id": project, "secrets": ["TOKEN"]}
        grant = yield "grant.created", request("POST", grants, token, order)
        yield "environment.exposed", request("POST", "/api/v1/runtime/environment", grant["token"])
        yield "grant.revoked", request("DELETE", f"{grants}/{grant['id']}", token)
        yield "secret.deleted", request("DELETE", path, token)


@dataclass
class Writer:
    connection: Connection
    work: Work
    event: str = ""
    """The event that the request in flight must leave."""

    def go_on(self, answer: Any = None) -> None:
        self.event, sent = self.work.send(answer)
        self.connection.send(sent)


class Load:
    """Writers that send requests while `run` runs; between two runs, their answers wait."""

    def __init__(self, port: int, jobs: list[Work]) -> None:
        self.acknowledged: list[Action] = []
        self._selector = selectors.DefaultSelector()
        for job in jobs:
            writer = Writer(Connection.to(port), job)
            self._selector.register(writer.connection.socket, selectors.EVENT_READ, writer)
            writer.go_on()

    def run(self, seconds: float) -> float:
        """Let the writers write for so long; return acknowledged writes per second."""
        began, before = time.perf_counter(), len(self.acknowledged)
        while (left := began + seconds - time.perf_counter()) > 0:
            for writer in self._answered(left):
                _, _, body = writer.connection.answer.partition(b"\r\n\r\n")
                writer.go_on(json.loads(body) if body else None)
        return (len(self.acknowledged) - before) / (time.perf_counter() - began)

    def finish(self) -> None:
        """Wait for the answers in flight, so that no audit event is without one."""
        while self._selector.get_map():
            for writer in self._answered(None):
                self._selector.unregister(writer.connection.socket)
                writer.connection.socket.close()

    def _answered(self, timeout: float | None) -> Iterator[Writer]:
        for key, _ in self._selector.select(timeout):
            writer: Writer = key.data
            if writer.connection.receive():
                self._note(writer)
                yield writer

    def _note(self, writer: Writer) -> None:
        found = REQUEST_ID.search(writer.connection.answer)
        if writer.connection.status // 100 != 2 or found is None:
            raise SystemExit(f"{writer.event}: {writer.connection.answer[:1000]!r}")
        self.acknowledged.append((found[1].decode(), writer.event))


def _check(site: Site, load: Load, database_url: str, result: Result) -> None:
    site.manage("audit", "chain")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT request_id, event FROM secrets_app_auditevent").fetchall()
        held = connection.execute("SELECT count(*) FROM secrets_app_auditblock").fetchone()
    result.blocks, result.acknowledged = held[0] if held else 0, len(load.acknowledged)
    result.wrong += differences(load.acknowledged, [row for row in rows if row[1] not in PREPARATION])
    # Ends the run if it does not exit with 0.
    result.verified = site.manage("audit", "verify")


def differences(acknowledged: list[Action], rows: list[Action]) -> list[str]:
    """Return what was acknowledged without its audit event, and events that nobody caused."""
    asked, found = Counter(acknowledged), Counter(rows)
    missing = [f"{event} of request {request} is missing from the audit log" for request, event in asked - found]
    extra = [f"{event} of request {request} is once too often in the audit log" for request, event in found - asked]
    return missing + extra


if __name__ == "__main__":
    main()
