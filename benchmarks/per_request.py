"""Cost of a request against the bare SQL of the same job, on a real PostgreSQL.

Both sides run in this process, in turn, so that a slow moment of the machine affects both. The floor is the SQL that
the job needs, through psycopg with prepared statements, and the same encryption; no HTTP, no checks, no ORM. The figure
to watch is the ratio, because milliseconds depend on the machine. Run with `python -m benchmarks.per_request`.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neo_site.keys import make_key_files

ROUNDS = 300
WARM_UP = 30
LISTED = 50


def main() -> None:
    from tests.postgresql import server_uri

    directory = Path(tempfile.mkdtemp(prefix="neo-benchmark-"))
    make_key_files(directory)
    os.environ |= {
        "NEO_PROFILE": "development",
        "NEO_THROTTLE_USER": "off",
        "NEO_THROTTLE_TOKEN": "off",
        "NEO_DATA_DIR": str(directory),
        "NEO_MAX_SECRETS_PER_SCOPE": "100000",
        "DATABASE_URL": server_uri(),
        "DJANGO_SETTINGS_MODULE": "neo_site.settings",
    }
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import jobs

    call_command("migrate", verbosity=0)
    print(f"{'job':10} {'request ms':>11} {'floor ms':>9} {'ratio':>6}")  # noqa: T201
    for name, request, floor in jobs.prepare(listed=LISTED):
        ours, bare = _in_turn(request, floor)
        print(f"{name:10} {ours * 1000:11.2f} {bare * 1000:9.2f} {ours / bare:6.1f}")  # noqa: T201


def _in_turn(request: Callable[[], Any], floor: Callable[[], Any]) -> tuple[float, float]:
    """Return the median seconds of both, measured alternately after a warm-up."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + ROUNDS):
        for measured, job in zip(times, (request, floor), strict=True):
            start = time.perf_counter()
            job()
            if number >= WARM_UP:
                measured.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    main()
