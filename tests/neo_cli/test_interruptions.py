"""^C at any moment ends `neo` quietly with 130."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from neo_cli import outcomes, standard_streams
from neo_cli.app import neo
from neo_cli.exits import Interrupted
from tests.neo_cli.command import Neo

ROOT = Path(__file__).resolve().parents[2]
# Send a signal to itself at the import of a module, before `neo` can have set a handler for it.
EARLY = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["neo", "secrets", "list"]
exec(open({script!r}).read())
"""
# What a shell starts.
SCRIPT = str(ROOT / "neo_cli" / "neo")


@pytest.mark.parametrize(
    "module", ["neo_cli.__main__", "neo_cli.signals", "click", "neo_cli.commands.secrets", "httpx"]
)
def test_interrupt_while_loading_is_quiet(fresh: Neo, module: str) -> None:
    environment = fresh.environment(NEO_SERVER="http://127.0.0.1:1", NEO_TOKEN="x")
    early = EARLY.format(module=module, script=SCRIPT)
    done = subprocess.run([sys.executable, "-c", early], env=environment, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_interrupt_that_a_library_wraps_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Python 3.11 does with what is raised while it makes a class."""

    def main(*_: object, **__: object) -> None:
        try:
            raise Interrupted(2)
        except BaseException as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr(neo, "main", main)
    assert outcomes.run(["secrets", "list"]) == 130
    assert capsys.readouterr() == ("", "")


def test_interrupt_that_the_parent_ignores_stays_ignored(fresh: Neo) -> None:
    early = EARLY.format(module="click", script=SCRIPT)
    script = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{early}"
    done = subprocess.run([sys.executable, "-c", script], env=fresh.environment(), capture_output=True, text=True)
    assert done.returncode == 78
    assert "No server is known yet" in done.stderr


def test_interrupt_during_a_request_is_quiet(fresh: Neo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with fresh.start("secrets", "list", variables={"NEO_SERVER": server, "NEO_TOKEN": "x"}) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=300)
            connection.close()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_second_interrupt_while_the_first_one_ends_it_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(arguments: object) -> int:
        raise Interrupted(2)

    monkeypatch.setattr(outcomes, "run", run)
    for name in ("end_at_once", "raise_on_signals"):
        monkeypatch.setattr(outcomes, name, lambda: None)
    monkeypatch.setattr(standard_streams, "prepare", lambda: None)
    assert outcomes.run_as_process(["secrets", "list"]) == 130
