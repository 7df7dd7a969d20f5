"""Single figures: start, memory, rotation of data keys, SQLite, redaction."""

from __future__ import annotations

import re
import subprocess
import sys
import time

from benchmarks.bench.load import Target
from benchmarks.bench.report import Single
from benchmarks.bench.servers import ROOT, free_port, running, wait_for
from benchmarks.bench.stage import Stage, environment
from benchmarks.bench.usage import processor_seconds, resident

MEBIBYTE = 2**20
MOST_OF_A_WORKER = 130 * MEBIBYTE
MOST_OF_A_START = 2.0
LEAST_ROTATED = 2_000
# Of the processor in a second: what a server needs that nobody asks anything.
IDLE_SECONDS = 0.05


def start(stage: Stage) -> Single:
    """Return how long the site takes from its start to the first 200 of `/readyz`."""
    port = free_port()
    with running([sys.executable, "-m", "neo_site.serve"], stage, {"NEO_BIND": f"127.0.0.1:{port}"}):
        seconds = wait_for(port, "/readyz")
    wanted = f"A start takes {seconds:.2f} s, and at most {MOST_OF_A_START:g} are wanted."
    return Single(f"{seconds:.2f} s", wanted if seconds > MOST_OF_A_START else "")


def memory(target: Target) -> Single:
    """Return the resident memory of each worker, once none is at work: what hashing a password takes is given back."""
    wait_until_idle(target.pid)
    sizes = resident(target.pid)
    text = ", ".join(f"{size / MEBIBYTE:.0f} MiB" for size in sizes)
    wanted = f"A worker holds {text}, and at most {MOST_OF_A_WORKER / MEBIBYTE:.0f} MiB are wanted."
    return Single(text, wanted if max(sizes) > MOST_OF_A_WORKER else "")


def rotation(stage: Stage) -> Single:
    """Return how many values a second get a new data key."""
    from secrets_app.models import Secret, SecretVersion

    values, began = Secret.objects.count() + SecretVersion.objects.count(), time.perf_counter()
    _manage(stage, "rotate_keys", "--data-keys", "--grace", "0")
    seconds = time.perf_counter() - began
    text = f"{values / seconds:,.0f} values/s ({values:,} in {seconds:.1f} s, start of the command included)"
    wanted = f"{values / seconds:,.0f} values a second get a new data key, and {LEAST_ROTATED:,} are wanted."
    return Single(text, wanted if values / seconds < LEAST_ROTATED else "")


def sqlite() -> Single:
    """Return how long lists take on SQLite while others write, as `benchmarks.sqlite` says it."""
    done = _benchmark("sqlite", check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    wanted = "On SQLite, lists are too slow beside writers, or some requests failed."
    return Single("<br>".join(done.stdout.splitlines()), wanted if done.returncode else "")


def redaction() -> Single:
    """Return how fast a plain log is redacted, as `benchmarks.redaction` says it."""
    done = _benchmark("redaction", check=True)
    (speed, search, ratio) = next(line.split()[1:] for line in done.stdout.splitlines() if re.match(r"log +\d", line))
    return Single(f"{speed} MB/s of a log; a plain search {search}, {ratio} times as fast")


def wait_until_idle(pid: int) -> None:
    """Return when a server has nothing to do: what hashing a password takes is given back then."""
    used = -1.0
    while (now := processor_seconds(pid)) - used > IDLE_SECONDS:
        used = now
        time.sleep(1)


def _benchmark(name: str, *, check: bool) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=check)  # noqa: S603


def _manage(stage: Stage, *arguments: str) -> None:
    subprocess.run(  # noqa: S603  (the arguments are ours)
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(stage.directory, stage.database_url) | {"PATH": ""},
        stdout=subprocess.DEVNULL,
        check=True,
    )
