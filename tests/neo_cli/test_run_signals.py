"""Signals to `neo run`: each reaches the command once, and the clean-up always happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.neo_cli.command import Neo
from tests.neo_cli.terminal import Terminal
from tests.neo_cli.test_run import last_grant

PATIENCE_SECONDS = 180
# A program that counts SIGINT, and prints and returns the count on SIGTERM.
COUNT = """
import os, signal, sys
count = 0
def interrupt(*args):
    global count
    count += 1
    os.write(1, b"interrupted\\n")
def end(*args):
    os.write(1, b"count %d\\n" % count)
    sys.exit(count)
signal.signal(signal.SIGINT, interrupt)
signal.signal(signal.SIGTERM, end)
os.write(1, b"ready\\n")
while True:
    signal.pause()
"""


def started(neo: Neo, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """Start `neo run` without a terminal; return it once its command has printed `ready`."""
    process = neo.start("run", *arguments, start_new_session=True, **options)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n", process.stderr
    return process


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def state_of(process: int) -> str:
    """Return the letter with which Linux shows the state of the process: T is stopped, Z has ended."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
def test_signal_ends_the_command_and_sets_the_exit_code(runner: Neo, number: signal.Signals) -> None:
    with started(runner, "--", "sh", "-c", "ulimit -c 0; echo ready; exec sleep 60") as process:
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 128 + number
    assert last_grant(runner)["revoked_at"] is not None


def test_command_that_handles_a_signal_chooses_its_code(runner: Neo) -> None:
    with started(runner, "--", "sh", "-c", "trap 'echo bye; exit 7' TERM; echo ready; sleep 60 & wait") as process:
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (7, b"bye\n")


def test_command_that_ignores_a_signal_continues(runner: Neo) -> None:
    with started(runner, "--", "sh", "-c", "trap '' TERM; echo ready; sleep 1; exit 3") as process:
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 3


def test_children_of_the_command_end_with_it(runner: Neo) -> None:
    with started(runner, "--", "sh", "-c", "echo ready; sleep 60 & echo $!; wait") as process:
        assert process.stdout is not None
        sleeper = int(process.stdout.readline())
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 143
    wait_until(lambda: not Path(f"/proc/{sleeper}/stat").exists() or state_of(sleeper) == "Z")


def test_each_signal_arrives_once(runner: Neo) -> None:
    with started(runner, "--", sys.executable, "-c", COUNT) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == b"interrupted\n"
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 2


def test_signals_arrive_once_with_piped_output_on_a_terminal(runner: Neo) -> None:
    """The command stays in the process group of neo then, so ^C signals both, and must not be forwarded."""
    with Terminal(runner, "run", "--", sys.executable, "-c", COUNT, stdout=subprocess.PIPE) as terminal:
        out = terminal.process.stdout
        assert out is not None
        assert out.readline() == b"ready\n"
        terminal.press(b"\x03")
        assert out.readline() == b"interrupted\n"
        terminal.process.send_signal(signal.SIGINT)
        assert out.readline() == b"interrupted\n"
        terminal.process.terminate()
        assert out.readline() == b"count 2\n"
        assert terminal.wait() == 2


def test_signal_ignored_by_neo_is_ignored_by_the_command(runner: Neo) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started(runner, "--", "sh", "-c", "echo ready; exec sleep 60", preexec_fn=ignore) as process:
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 143


def test_neo_stops_and_continues_with_the_command(runner: Neo) -> None:
    with started(runner, "--", "sh", "-c", "echo ready; echo $$; read x; exit 5") as process:
        assert process.stdout is not None
        command = int(process.stdout.readline())
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: (state_of(process.pid), state_of(command)) == ("T", "T"))
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: state_of(command) == "S")
        process.communicate(b"\n", timeout=PATIENCE_SECONDS)
    assert process.returncode == 5


def test_secret_files_are_removed_after_a_signal(runner: Neo) -> None:
    with started(runner, "--file", "DEPLOY_KEY", "--", "sh", "-c", "echo ready; echo $DEPLOY_KEY; sleep 60") as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().decode().strip())
        assert path.exists()
        process.terminate()
        process.wait(PATIENCE_SECONDS)
    assert not path.parent.exists()


def test_signal_during_a_request_ends_neo_at_once(runner: Neo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        variables = {"NEO_SERVER": f"http://127.0.0.1:{silent.getsockname()[1]}", "NEO_TOKEN": "neo_sk_x"}
        process = runner.start("run", "true", variables=variables, start_new_session=True)
        # The connection stays open, because a reset would be a failure of its own.
        with process, silent.accept()[0]:
            os.kill(process.pid, signal.SIGTERM)
            _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err) == (143, b"")
