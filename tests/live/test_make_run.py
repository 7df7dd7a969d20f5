"""`make run` and what it prints, as a newcomer follows it: start, paste, stop, start again."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.live.site import ROOT, SERVER, environment, reserve_port

pytestmark = pytest.mark.once

VENV = Path(sys.executable).parent.parent
# What is installed is not looked at: the tests run in an environment that has it all.
MAKE = ("make", "--no-print-directory", f"--assume-old={VENV}/installed", f"VENV={VENV}")
PATIENCE_SECONDS = 180


class Run:
    """A running `make run`."""

    def __init__(self, directory: Path) -> None:
        self.reservation, self.port = reserve_port()
        self.output = directory / f"output-{self.port}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*MAKE, "run", f"PORT={self.port}"],
                cwd=ROOT,
                env=environment(directory / "data", NEO_WORKERS="1"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait()

    def stop(self, *, by: signal.Signals) -> int:
        """Signal make alone for SIGTERM, as a supervisor does, and the whole group for SIGINT, as a terminal does."""
        {signal.SIGTERM: os.kill, signal.SIGINT: os.killpg}[by](self.process.pid, by)
        code = self.process.wait(timeout=300)
        self.reservation.close()
        return code

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reservation.close()

    def printed(self, beginning: str) -> str:
        (line,) = [line for line in self.output.read_text().splitlines() if line.startswith(beginning)]
        return line

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, self.output.read_text()
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/readyz").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise AssertionError(self.output.read_text())


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    """Put a run in here, and it ends with the test however that goes."""
    runs: list[Run] = []
    yield runs
    for run in runs:
        run.kill()


def paste(*lines: str) -> str:
    return subprocess.run(
        ["sh", "-c", "\n".join(lines)], capture_output=True, text=True, check=True, timeout=300
    ).stdout


def is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_printed_lines_work_and_a_second_run_keeps_the_data(tmp_path: Path, runs: list[Run]) -> None:
    runs.append(first := Run(tmp_path))
    secret = json.loads(paste(first.printed("TOKEN="), first.printed("curl ")))
    assert (secret["masked_value"], secret["project_id"]) == ("a-v••••••••back", None)
    (admin, password) = re.findall(r"Admin +(\S+) +user admin, password (\S+)", first.output.read_text())[0]
    assert httpx.get(admin, follow_redirects=True).status_code == 200
    first.stop(by=signal.SIGTERM)
    assert not is_served(first.port)

    runs.append(second := Run(tmp_path))
    assert password in second.output.read_text()
    listing = f'curl -s http://127.0.0.1:{second.port}/api/v1/secrets -H "Authorization: Bearer $TOKEN"'
    assert secret["id"] in paste(second.printed("TOKEN="), listing)
    second.stop(by=signal.SIGINT)
    assert not is_served(second.port)


def test_a_taken_port_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            [*MAKE, "run", f"PORT={port}"], cwd=ROOT, env=environment(tmp_path / "data"), capture_output=True, text=True
        )
    assert run.returncode != 0
    assert f"Port {port} is taken." in run.stderr
    assert "curl" not in run.stdout
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("target", ["run", "serve"])
def test_these_tests_start_the_server_as_make_does(target: str) -> None:
    dry = subprocess.run([*MAKE, "--dry-run", target, "PORT=1"], cwd=ROOT, capture_output=True, text=True, check=True)
    started = shlex.split(dry.stdout.strip().splitlines()[-1])
    assert started[-len(SERVER) :] == [*SERVER]
