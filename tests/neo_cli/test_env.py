"""`neo env` against the real site."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from neo_cli.commands.env import DIALECTS as OFFERED
from neo_cli.dialects import DIALECTS
from neo_cli.exits import Exit
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import PEM, TOKEN
from tests.neo_cli.terminal import Terminal
from tests.neo_cli.test_run import last_grant


def test_each_dialect_is_offered() -> None:
    assert set(OFFERED) == set(DIALECTS)


@pytest.mark.parametrize("dialect", OFFERED)
def test_values_are_written_and_the_grant_is_revoked(runner: Neo, dialect: str) -> None:
    result = runner("env", "--format", dialect)
    assert (result.code, result.err) == (0, "")
    assert TOKEN in result.out
    assert last_grant(runner)["revoked_at"] is not None


def test_shell_reads_the_values_back(runner: Neo, tmp_path: Path) -> None:
    path = tmp_path / "env.sh"
    assert runner("env", "--format", "shell", "--secret", "DEPLOY_KEY", "--output", str(path)).out == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    script = f'. {path}; printf %s "$DEPLOY_KEY"'
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout == PEM


def test_json_maps_names_to_values(runner: Neo) -> None:
    assert json.loads(runner("env", "--format", "json", "--secret", "DEPLOY_KEY").out) == {
        "DEPLOY_KEY": PEM,
        "GITHUB_TOKEN": TOKEN,
    }


def test_inexpressible_value_is_refused_by_name(runner: Neo) -> None:
    result = runner("env", "--format", "docker", "--secret", "DEPLOY_KEY")
    assert (result.code, result.out, "DEPLOY_KEY" in result.err) == (Exit.DATA, "", True)


def test_terminal_shows_values_only_with_show(runner: Neo) -> None:
    with Terminal(runner, "env") as terminal:
        assert terminal.wait() == Exit.USAGE
        assert TOKEN.encode() not in terminal.screen
    with Terminal(runner, "env", "--show") as terminal:
        assert terminal.wait() == 0
        assert TOKEN.encode() in terminal.screen


def test_unwritable_output_file_is_reported(runner: Neo, tmp_path: Path) -> None:
    result = runner("env", "--output", str(tmp_path / "missing" / "env"))
    assert result.code == Exit.CANNOT_WRITE
    assert TOKEN not in result.err


def test_unsafe_name_is_refused_unless_allowed(runner: Neo) -> None:
    runner("secrets", "set", "PROMPT_COMMAND", "--stdin", stdin="touch /nowhere")
    assert runner("env", "--secret", "PROMPT_COMMAND").code == Exit.REFUSED
    assert runner("env", "--secret", "PROMPT_COMMAND", "--allow-name", "PROMPT_COMMAND").code == 0


def test_device_is_not_replaced_by_a_file(runner: Neo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = runner("env", "--output", str(tmp_path / "pipe"))
    assert (result.code, "is no file." in result.err) == (Exit.CANNOT_WRITE, True)
    assert (tmp_path / "pipe").is_fifo()
