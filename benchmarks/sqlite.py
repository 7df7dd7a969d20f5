"""A list on SQLite while others write: how long most wait for it, and how long the slowest of a hundred.

Prints a line for each number of connections that list, with four that create secrets beside them all the time. Exits
with 1 if the slowest wait too long. A whole `make bench` runs it, too. Needs `wrk`; takes half a minute.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from benchmarks.bench import jobs, servers
from benchmarks.bench.load import Point, Target, measure
from benchmarks.bench.stage import Stage, on_sqlite

PROJECTS = 40
WRITERS = 4
READERS = (1, 16)
SECONDS, WARM_UP_SECONDS = 4, 1
MOST_OF_P50 = 5
"""How many times the median the slowest of a hundred lists may take."""


def main() -> None:
    """Measure, print, and compare."""
    with on_sqlite(PROJECTS) as stage, servers.site(stage) as site:
        points = {readers: measured(stage, site, readers) for readers in READERS}
    for readers, (lists, creations) in points.items():
        print(f"{readers} list: {said(lists)}; {WRITERS} write: {said(creations)}", flush=True)  # noqa: T201
    every = [point for pair in points.values() for point in pair]
    sys.exit(any(each.failed for each in every) or any(_is_slow(lists) for lists, _ in points.values()))


def measured(stage: Stage, site: Target, readers: int) -> tuple[Point, Point]:
    """Return the lists, and the creations beside them, which begin earlier and end later."""
    lists, creations = (_job(stage, name) for name in ("list of 50", "create"))
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(
            measure, site, creations, connections=WRITERS, seconds=SECONDS + 2 * WARM_UP_SECONDS, warm_up=1
        )
        point = measure(site, lists, connections=readers, seconds=SECONDS, warm_up=2 * WARM_UP_SECONDS)
        return point, others.result()


def said(point: Point) -> str:
    """Return rate and times of a point in words."""
    times = f"median {point.p50 * 1e3:.0f} ms, p99 {point.p99 * 1e3:.0f} ms, {point.p99 / point.p50:.1f} times as much"
    return f"{point.rate:.0f}/s, {times}"


def _job(stage: Stage, name: str) -> list[jobs.Request]:
    return next(job for job in jobs.JOBS if job.name == name).requests(stage)


def _is_slow(lists: Point) -> bool:
    return lists.p99 > MOST_OF_P50 * lists.p50


if __name__ == "__main__":
    main()
