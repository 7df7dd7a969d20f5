"""The supervisor replaces workers that die, later each time, and never at the expense of the others."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neo_site.serving.supervisor import MOST_FAILED_STARTS, Supervisor, Worker

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[3]
# Workers that say who they are on each connection. The third argument is what they do before that.
SCRIPT = """
import os, socket, sys, threading, logging
from neo_site.serving.listeners import Listeners
from neo_site.serving.supervisor import Supervisor

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)

def work(listener, lifeline, tell_ready):
    {first}
    threading.Thread(target=lambda: (os.read(lifeline, 1), os._exit(0)), daemon=True).start()
    listener.setblocking(True)
    tell_ready()
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(str(os.getpid()).encode())

def bind():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    return listener

deaths = []
listeners = Listeners(bind, workers=2, is_shared=True)
status = Supervisor(work, listeners, workers=2, stop_seconds=2, on_death=lambda: deaths.append(1)).run()
print("deaths", len(deaths), flush=True)
sys.exit(status)
"""


def started(path: Path, *, first: str = "pass") -> subprocess.Popen[str]:
    script = textwrap.dedent(SCRIPT).format(first=first)
    return subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def ask(path: Path) -> int:
    """The process id of the worker that answers; waits until one does."""
    for _ in range(500):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            if client.connect_ex(str(path)) == 0 and (answer := client.recv(64)):
                return int(answer)
        time.sleep(0.01)
    raise AssertionError("Nobody answers.")


def wait_for_deaths(server: subprocess.Popen[str], number: int) -> None:
    """Read what the server writes until it has told of so many dead workers."""
    assert server.stdout is not None
    for line in server.stdout:
        number -= line.startswith("worker.died")
        if number == 0:
            return
    raise AssertionError("The server has ended.")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_no_worker_is_left(output: str) -> None:
    pids = [int(line.rpartition("=")[2]) for line in output.splitlines() if line.startswith("worker.started")]
    assert len(pids) >= 2
    until = time.monotonic() + 5
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.01)
    assert not left


def test_workers_are_replaced_end_with_the_server_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    server = started(path)
    killed: set[int] = set()
    # By process: one that is killed may still have answered somebody else before it dies.
    while len(killed) < 12:
        killed.add(pid := ask(path))
        os.kill(pid, signal.SIGKILL)
    assert ask(path)
    # Before the server ends, since who dies meanwhile is not counted.
    wait_for_deaths(server, 12)
    server.terminate()
    output, _ = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "worker.died" not in output
    assert "deaths 12" in output


def test_no_worker_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    server = started(path)
    # One that is being replaced, at the moment at which the server is killed.
    os.kill(ask(path), signal.SIGKILL)
    ask(path)
    server.kill()
    output, _ = server.communicate(timeout=30)
    assert_no_worker_is_left(output)


def test_a_worker_ends_if_its_server_ended_during_its_start(tmp_path: Path) -> None:
    server = started(tmp_path / "socket", first="__import__('time').sleep(0.5)")
    assert server.stdout is not None
    lines = [server.stdout.readline() for _ in range(2)]
    server.kill()
    server.communicate(timeout=30)
    assert_no_worker_is_left("".join(lines))


def test_a_server_whose_workers_cannot_start_ends_with_1(tmp_path: Path) -> None:
    server = started(tmp_path / "socket", first="raise ValueError")
    output, _ = server.communicate(timeout=30)
    assert server.returncode == 1
    assert "worker.failed number=1" in output
    assert "server.failed" in output


def test_a_worker_that_cannot_start_ends_no_server_that_serves() -> None:
    died: Any = SimpleNamespace(pid=1, exitcode=3, close=lambda: None)
    listeners: Any = SimpleNamespace(renew=lambda _: None)
    supervisor = Supervisor(lambda *_: None, listeners, workers=2, stop_seconds=1)
    serving, failing = supervisor._workers
    serving.is_ready = True
    for _ in range(MOST_FAILED_STARTS):
        supervisor._bury(failing, died)
    assert supervisor._failed_starts == 0
    serving.is_ready = False
    for _ in range(MOST_FAILED_STARTS):
        supervisor._bury(failing, died)
    assert supervisor._failed_starts == MOST_FAILED_STARTS


def test_connections_wait_for_a_dead_worker_only_if_no_other_one_serves() -> None:
    died: Any = SimpleNamespace(pid=1, exitcode=3, close=lambda: None)
    renewed: list[int] = []
    listeners: Any = SimpleNamespace(renew=renewed.append)
    supervisor = Supervisor(lambda *_: None, listeners, workers=2, stop_seconds=1)
    first, second = supervisor._workers
    second.is_ready = True
    supervisor._bury(first, died)
    assert renewed == [1]
    second.is_ready = False
    supervisor._bury(second, died)
    assert renewed == [1]


def test_the_delay_grows_to_a_limit() -> None:
    delays = [Worker(1, deaths=deaths).delay for deaths in range(1, 14)]
    assert delays[:4] == [0.1, 0.2, 0.4, 0.8]
    assert delays[-1] == 30.0
    assert delays == sorted(delays)
