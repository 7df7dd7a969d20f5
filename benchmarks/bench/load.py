"""Load by wrk: many requests over kept connections, at the price of little processor time."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.bench.usage import Usage

SCRIPT = Path(__file__).with_name("load.lua")
RESULT = re.compile(r"^RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+) (\d+)$", re.MULTILINE)
TIMEOUT_SECONDS = 60
TURNS = 6


@dataclass(frozen=True)
class Request:
    """One request. If it is `unique`, `@N@` in path and body becomes a text that no other request has."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = ""
    unique: bool = False

    def in_lua(self) -> str:
        headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in self.headers.items())
        body = f"body = {json.dumps(self.body)}, " if self.body else ""
        unique = str(self.unique).lower()
        return f"{{method = {self.method!r}, path = {self.path!r}, headers = {{{headers}}}, {body}unique = {unique}}}"


@dataclass(frozen=True)
class Target:
    """A server: its port, its process, and the process of its database if it has one."""

    port: int
    pid: int
    database: int | None = None


@dataclass(frozen=True)
class Point:
    """What was measured of one job at one number of connections. Times are in seconds."""

    rate: float
    p50: float
    p99: float
    failed: int
    server_cpu: float
    database_cpu: float
    foreign: float
    turns: Sequence[Point] = ()
    """The turns of which this is the mean."""

    @property
    def cpu(self) -> float:
        """Processor time of a request, of the server and its database together."""
        return self.server_cpu + self.database_cpu

    @property
    def slowest(self) -> float:
        """How many times the median the slowest of a hundred requests took."""
        return self.p99 / self.p50


def measure_in_turns(
    targets: Sequence[Target], requests: Sequence[Request], *, connections: int, seconds: int, warm_up: int
) -> list[Point]:
    """Measure each target for so many seconds, in `TURNS` parts; return a point for each target.

    The speed of a virtual machine changes within a minute, by more than what is looked for. In turns, each target gets
    some of each. Raises SystemExit as `measure` does.
    """
    turns: list[list[Point]] = [[] for _ in targets]
    for _ in range(TURNS):
        for points, target in zip(turns, targets, strict=True):
            one = measure(target, requests, connections=connections, seconds=seconds // TURNS, warm_up=warm_up // TURNS)
            points.append(one)
    return [_together(points) for points in turns]


def _together(points: Sequence[Point]) -> Point:
    """Return the mean of turns that took the same time."""
    rates = [each.rate for each in points]
    return Point(
        rate=fmean(rates),
        p50=fmean(each.p50 for each in points),
        p99=fmean(each.p99 for each in points),
        failed=sum(each.failed for each in points),
        server_cpu=fmean((each.server_cpu for each in points), rates),
        database_cpu=fmean((each.database_cpu for each in points), rates),
        foreign=fmean(each.foreign for each in points),
        turns=points,
    )


def measure(target: Target, requests: Iterable[Request], *, connections: int, seconds: int, warm_up: int) -> Point:
    """Send `requests` over and over, first unmeasured. Raises SystemExit if wrk fails or most requests do."""
    with tempfile.TemporaryDirectory(prefix="neo-bench-") as directory:
        listed = Path(directory) / "requests.lua"
        listed.write_text("return {\n" + ",\n".join(each.in_lua() for each in requests) + "\n}\n")
        _wrk(target.port, listed, connections, warm_up)
        before = Usage.now(target.pid, target.database)
        found = _wrk(target.port, listed, connections, seconds)
        used = Usage.now(target.pid, target.database).since(before)
    count, microseconds, p50, p99, refused, broken = (float(each) for each in found)
    return Point(
        rate=count / (microseconds / 1e6),
        p50=p50 / 1e6,
        p99=p99 / 1e6,
        failed=int(refused + broken),
        server_cpu=used.server / max(count, 1),
        database_cpu=used.database / max(count, 1),
        foreign=used.foreign,
    )


def _wrk(port: int, listed: Path, connections: int, seconds: int) -> tuple[Any, ...]:
    threads = min(2, connections)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s"]
    # wrk's own clock counts whole seconds only.
    command += ["-s", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", str(listed), f"R{secrets.token_hex(3).upper()}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (the command is ours)
    found = RESULT.search(done.stdout)
    if done.returncode or found is None:
        raise SystemExit(f"wrk failed.\n{done.stdout}{done.stderr}")
    return found.groups()
