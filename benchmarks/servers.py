"""Requests per second and latency of the same site behind several servers, each against the first server's.

All servers run at once, each with two processes, on one PostgreSQL. They get requests in turn, so that a slow moment of
the machine affects all. The client shares the machine. Install gunicorn and uvicorn by hand; nothing else needs them.
Run with `python -m benchmarks.servers`; names of servers as arguments choose some of them.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.bench.servers import free_port
from benchmarks.bench.usage import processor_seconds
from benchmarks.load import Sent, ask, request
from neo_site.keys import make_key_files

CONNECTIONS = 8
ROUNDS = 5
SECONDS = 3.0
LISTED = 50
OURS = "neo_site.serve"
SERVERS = {
    # Before this site had its own front: the server's WSGI side.
    "granian, 2 threads": ["granian", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "2"],
    "neo_site.serve": [OURS],
    "granian, 4 threads": ["granian", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "4"],
    "gunicorn, 2 threads": ["gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "2"],
    "gunicorn, 4 threads": ["gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "4"],
    "uvicorn (ASGI)": ["uvicorn", "--workers", "2", "--no-access-log", "--log-level", "warning"],
}

Job = Callable[[], bytes]


def main() -> None:
    _prepare(Path(tempfile.mkdtemp(prefix="neo-benchmark-")))
    with ExitStack() as stack:
        chosen = {name: SERVERS[name] for name in sys.argv[1:]} or SERVERS
        servers = {name: stack.enter_context(_running(command)) for name, command in chosen.items()}
        for job, make in _jobs().items():
            found: defaultdict[str, list[Sent]] = defaultdict(list)
            used: defaultdict[str, float] = defaultdict(float)
            for number in range(-1, ROUNDS):
                for name, (port, pid) in servers.items():
                    before = processor_seconds(pid)
                    sent = ask(port, make, connections=CONNECTIONS, seconds=SECONDS)
                    used[name] += processor_seconds(pid) - before if number >= 0 else 0.0
                    found[name] += [sent] if number >= 0 else []
            _show(job, found, used)


def _show(job: str, found: dict[str, list[Sent]], used: dict[str, float]) -> None:
    """Print a row for each server; its processor time is that of the server alone, without the database."""
    columns = f"{'requests/s':>11} {'ratio':>6} {'cpu ms':>8} {'median ms':>10} {'p99 ms':>8} {'failed':>7}"
    print(f"\n{job:22} {columns}")  # noqa: T201
    first = found[next(iter(found))]
    for name, rounds in found.items():
        # Each round is compared with the same round of the first server.
        ratio = statistics.median(one.rate / other.rate for one, other in zip(rounds, first, strict=True))
        rate = statistics.median(one.rate for one in rounds)
        times = sorted(each for one in rounds for each in one.times)
        middle, late = times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000
        failed = sum(one.failed for one in rounds)
        cpu = used[name] / len(times) * 1000
        print(f"{name:22} {rate:11.0f} {ratio:6.2f} {cpu:8.3f} {middle:10.2f} {late:8.2f} {failed:7}")  # noqa: T201


def _prepare(directory: Path) -> None:
    from tests.postgresql import server_uri

    make_key_files(directory)
    os.environ |= {
        "NEO_PROFILE": "development",
        "NEO_LOG_LEVEL": "WARNING",
        "NEO_DATA_DIR": str(directory),
        "NEO_THROTTLE_USER": "off",
        "NEO_MAX_SECRETS_PER_SCOPE": "10000000",
        "NEO_ACCESS_TOKEN_SECONDS": "86400",
        "DATABASE_URL": server_uri(),
        "DJANGO_SETTINGS_MODULE": "neo_site.settings",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _jobs() -> dict[str, Job]:
    from neo_site.signin.actions import sign_in

    user = _make_user()
    token, listed, created = sign_in(user=user).access, _make_project(user, LISTED), _make_project(user, 0)
    numbers = count()
    look = request("GET", f"/api/v1/secrets?project_id={listed}", token)

    def create() -> bytes:
        body = {"name": f"S{next(numbers)}", "value": "v" * 40, "project_id": str(created)}
        return request("POST", "/api/v1/secrets", token, body)

    alive = request("GET", "/livez", token)
    return {"create": create, f"list {LISTED}": lambda: look, "/livez": lambda: alive}


def _make_user() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model()._default_manager.create_user("benchmark")


def _make_project(user: Any, secrets: int) -> UUID:
    from neo_base.access.actors import Actor
    from projects.actions import create_project
    from secrets_app.actions.creation import Draft, create_secrets
    from secrets_app.owners import Owner
    from secrets_app.plaintext import Plaintext

    actor = Actor.from_user(user)
    owner = Owner(project_id=create_project(actor=actor).id)
    for number in range(secrets):
        create_secrets(actor=actor, drafts=[Draft(owner=owner, name=f"S{number:03}", value=Plaintext("v" * 40))])
    return UUID(str(owner.project_id))


@contextmanager
def _running(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run a server; yield its port and its process id."""
    port = free_port()
    environment = os.environ | {"NEO_BIND": f"127.0.0.1:{port}", "NEO_WORKERS": "2", "NEO_THREADS": "2"}
    process = subprocess.Popen(  # noqa: S603  (the commands are constants)
        [sys.executable, "-m", *command, *_arguments(command[0], port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _arguments(server: str, port: int) -> list[str]:
    """Return what a server is told of its address and its application. Ours reads the environment."""
    if server == OURS:
        return []
    address = ["--bind", f"127.0.0.1:{port}"] if server == "gunicorn" else ["--port", str(port)]
    return [*address, "neo_site.asgi:application" if server == "uvicorn" else "neo_site.wsgi:application"]


def _wait_for(port: int) -> None:
    alive = request("GET", "/livez", "")
    for _ in range(300):
        try:
            ask(port, lambda: alive, connections=1, seconds=0)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The server on port {port} did not start.")


if __name__ == "__main__":
    main()
