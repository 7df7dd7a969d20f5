"""The site and its floor as servers, each with two processes of two threads, on the same database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.bench.load import Target
from benchmarks.bench.stage import Stage, environment

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
THREADS = 2
PATIENCE_SECONDS = 60


@contextmanager
def site(stage: Stage) -> Iterator[Target]:
    """Run the site as an operator does."""
    port = free_port()
    settings = {"NEO_BIND": f"127.0.0.1:{port}", "NEO_WORKERS": str(WORKERS), "NEO_THREADS": str(THREADS)}
    with running([sys.executable, "-m", "neo_site.serve"], stage, settings) as process:
        wait_for(port, "/readyz")
        yield Target(port, process.pid, stage.database_pid)


@contextmanager
def floor(stage: Stage) -> Iterator[Target]:
    """Run the floor behind granian."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "benchmarks.bench.floor:application"]
    with running(command, stage, {}) as process:
        wait_for(port, "/", status=404)
        yield Target(port, process.pid, stage.database_pid)


@contextmanager
def running(command: Sequence[str], stage: Stage, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server from the checkout, with the settings of the stage, and end it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NEO_", "DJANGO_"))}
    output = (stage.directory / "server.log").open("ab")
    process = subprocess.Popen(  # noqa: S603  (the commands are ours)
        command,
        cwd=ROOT,
        env=inherited | environment(stage.directory, stage.database_url) | settings,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_SECONDS)
        output.close()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def wait_for(port: int, path: str, *, status: int = 200) -> float:
    """Return after how many seconds the server at `port` answers. Raises SystemExit if it does not."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_SECONDS:
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}", timeout=1).status_code == status:
                return time.perf_counter() - began
        except httpx.TransportError:
            pass
        time.sleep(0.01)
    raise SystemExit(f"The server on port {port} did not start.")
