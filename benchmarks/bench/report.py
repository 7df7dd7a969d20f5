"""The table of a run, with the ratios by which to judge it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.bench.load import Point

RESULTS = Path(__file__).resolve().parents[1] / "RESULTS.md"
PACKAGES = ("django", "djangorestframework", "psycopg", "granian", "cryptography")
ALLOWED_FOREIGN = 0.05
AT_MANY = 16
MOST_OF_P50_AT_MANY, MOST_OF_P50_AT_ONE = 3, 5
"""How many times the median the slowest of a hundred requests may take."""
LEAST_OF_OPENBAO = {"get": 0.8, "environment of 50": 8, "create": 0.8, "batch of 50": 5}
"""The least ratio to OpenBao, which needs 50 requests for what the jobs of 50 do."""
COMPARABLE = {"get": {"get": 1, "environment of 50": 50}, "create": {"create": 1, "batch of 50": 50}}
"""By job of OpenBao: our jobs that compare with it, and how many of its requests one of them is."""
HEAD = ("job", "connections", "requests/s", "p50 ms", "p99 ms", "CPU µs: site + database", "statements", "foreign")
FLOOR_HEAD = ("floor/s", "CPU µs", "÷ floor", "least")


@dataclass
class Line:
    """What was measured of a job at one number of connections."""

    job: str
    connections: int
    site: Point
    floor: Point | None = None
    least: float | None = None
    statements: int | None = None

    @property
    def ratio(self) -> float | None:
        """The site's requests a second by the floor's."""
        return None if self.floor is None else self.site.rate / self.floor.rate

    def complaints(self) -> Iterator[str]:
        """Yield what is not as it should be."""
        if self.site.failed or (self.floor is not None and self.floor.failed):
            yield f"{self.job} at {self.connections}: some requests failed."
        if max(self.site.foreign, self.floor.foreign if self.floor else 0) > ALLOWED_FOREIGN:
            yield f"{self.job} at {self.connections}: others used more than {ALLOWED_FOREIGN:.0%} of the machine."
        if self.connections == AT_MANY and self.least and self.ratio and self.ratio < self.least:
            yield f"{self.job}: {self.ratio:.2f} of the floor, and not {self.least:.2f}."
        most = MOST_OF_P50_AT_MANY if self.connections == AT_MANY else MOST_OF_P50_AT_ONE
        if self.site.slowest > most:
            in_turns = ", ".join(f"{turn.p99 * 1e3:.0f}" for turn in self.site.turns)
            floor = f"; the floor's is {self.floor.slowest:.1f} times" if self.floor else ""
            yield (
                f"{self.job} at {self.connections}: p99 is {self.site.slowest:.1f} times p50 (in turns {in_turns} ms"
                f"{floor}), and at most {most} are wanted."
            )


@dataclass(frozen=True)
class Single:
    """A figure that has no line of its own, and what is not as it should be."""

    text: str
    complaint: str = ""


@dataclass
class Report:
    """A run: the lines of its table, single figures, and what OpenBao reached."""

    lines: list[Line] = field(default_factory=list)
    singles: dict[str, Single] = field(default_factory=dict)
    openbao: dict[str, Point] = field(default_factory=dict)

    def complaints(self) -> list[str]:
        """Return what is not as it should be, line by line."""
        too_slow = (
            f"{job}: {ratio:.2f} of OpenBao (the floor {of_floor:.2f}), and not {LEAST_OF_OPENBAO[job]:g}."
            for name, point in self.openbao.items()
            for job, ratio, of_floor in self._ratios(name, point)
            if ratio < LEAST_OF_OPENBAO[job]
        )
        of_singles = (each.complaint for each in self.singles.values() if each.complaint)
        return [*(each for line in self.lines for each in line.complaints()), *too_slow, *of_singles]

    def text(self) -> str:
        """Return the whole report as Markdown."""
        parts = [_setting(), _table(HEAD + FLOOR_HEAD, [_cells(line) for line in self.lines])]
        if self.openbao:
            rows = [(name, f"{point.rate:,.0f}", *self._beside(name, point)) for name, point in self.openbao.items()]
            parts.append(_table(("OpenBao, raft and file audit", "requests/s", "site ÷ OpenBao"), rows))
        parts.append(_table(("beside", "measured"), ((name, each.text) for name, each in self.singles.items())))
        parts += [f"- {each}" for each in self.complaints()] or ["All targets are met."]
        return "\n\n".join(parts) + "\n"

    def _beside(self, name: str, point: Point) -> tuple[str]:
        return ("; ".join(f"{job}: {ratio:.2f}" for job, ratio, _ in self._ratios(name, point)),)

    def _ratios(self, name: str, point: Point) -> Iterator[tuple[str, float, float]]:
        """Yield the jobs that compare with one of OpenBao's, and the ratios of the site and of the floor to it."""
        ours = {line.job: line for line in self.lines if line.connections == AT_MANY}
        for job, size in COMPARABLE[name].items():
            line, same = ours[job], point.rate / size
            yield job, line.site.rate / same, line.floor.rate / same if line.floor else 0.0


def _setting() -> str:
    processor = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ": ?")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {processor.partition(': ')[2]}, "
        f"Python {platform.python_version()}, {packages}. Load, site and database share the cores; production profile "
        "without TLS, two processes of two threads; PostgreSQL durable."
    )


def _cells(line: Line) -> Iterable[str]:
    site, floor = line.site, line.floor
    yield from (line.job, str(line.connections), f"{site.rate:,.0f}", f"{site.p50 * 1e3:.2f}", f"{site.p99 * 1e3:.2f}")
    yield f"{site.server_cpu * 1e6:,.0f} + {site.database_cpu * 1e6:,.0f}"
    yield "" if line.statements is None else str(line.statements)
    yield f"{max(site.foreign, floor.foreign if floor else 0):.1%}"
    if floor is None:
        yield from ("", "", "", "")
        return
    yield from (f"{floor.rate:,.0f}", f"{floor.cpu * 1e6:,.0f}", f"**{line.ratio:.2f}**")
    yield f"{line.least:.2f}" if line.least and line.connections == AT_MANY else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
