"""Single figures: start, memory, rotation of data keys, redaction."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterable

from benchmarks.bench.report import MEBIBYTE
from benchmarks.bench.servers import ROOT, SITE_PORT, running, wait_for
from benchmarks.bench.stage import Stage, environment


def start_seconds(stage: Stage) -> str:
    """Return how long the site takes from its start to the first 200 of `/readyz`."""
    with running([sys.executable, "-m", "neo_site.serve"], stage, {"NEO_BIND": f"127.0.0.1:{SITE_PORT}"}):
        return f"{wait_for(SITE_PORT, '/readyz'):.2f} s"


def memory(sizes: Iterable[int]) -> str:
    """Return the resident memory of each worker, given in bytes."""
    return ", ".join(f"{size / MEBIBYTE:.0f} MiB" for size in sizes)


def rotation(stage: Stage) -> str:
    """Return how many values a second get a new data key."""
    from secrets_app.models import Secret, SecretVersion

    values, began = Secret.objects.count() + SecretVersion.objects.count(), time.perf_counter()
    _manage(stage, "rotate_keys", "--data-keys", "--grace", "0")
    seconds = time.perf_counter() - began
    return f"{values / seconds:,.0f} values/s ({values:,} in {seconds:.1f} s, start of the command included)"


def redaction() -> str:
    """Return how fast a plain log is redacted, as `benchmarks.redaction` says it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.redaction"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (speed, search, ratio) = next(line.split()[1:] for line in done.stdout.splitlines() if re.match(r"log +\d", line))
    return f"{speed} MB/s of a log; a plain search {search}, {ratio} times as fast"


def _manage(stage: Stage, *arguments: str) -> None:
    subprocess.run(  # noqa: S603  (the arguments are ours)
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(stage.directory, stage.database_url) | {"PATH": ""},
        stdout=subprocess.DEVNULL,
        check=True,
    )
