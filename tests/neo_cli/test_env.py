"""`neo explain` and `neo env` against the real site."""

from __future__ import annotations

import json
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


def test_every_dialect_is_offered() -> None:
    assert set(OFFERED) == set(DIALECTS)


def test_what_a_task_would_see_is_explained_and_nothing_granted(runner: Neo) -> None:
    runner.process("run", "true")
    before = last_grant(runner)["id"]
    table = runner("explain", "--secret", "PIN")
    assert "GITHUB_TOKEN  personal  1        default" in table.out
    assert "too short to be hidden in output" in table.out
    answer = runner("explain", "--no-default", "--secret", "DEPLOY_KEY", "--json").json
    assert [(each["name"], each["reason"]) for each in answer["secrets"]] == [("DEPLOY_KEY", "selected")]
    assert TOKEN not in table.out
    assert last_grant(runner)["id"] == before


def test_an_unknown_name_is_told(runner: Neo) -> None:
    result = runner("explain", "--secret", "UNKNOWN")
    assert (result.code, "UNKNOWN" in result.err) == (Exit.DATA, True)


@pytest.mark.parametrize("dialect", OFFERED)
def test_values_are_written_in_the_dialect_and_the_grant_is_revoked(runner: Neo, dialect: str) -> None:
    result = runner("env", "--format", dialect)
    assert (result.code, result.err) == (0, "")
    assert TOKEN in result.out
    assert last_grant(runner)["revoked_at"] is not None


def test_a_shell_reads_it_back(runner: Neo, tmp_path: Path) -> None:
    path = tmp_path / "env.sh"
    assert runner("env", "--format", "shell", "--secret", "DEPLOY_KEY", "--output", str(path)).out == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    script = f'. {path}; printf %s "$DEPLOY_KEY"'
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout == PEM


def test_json_is_an_object_of_names_and_values(runner: Neo) -> None:
    assert json.loads(runner("env", "--format", "json", "--secret", "DEPLOY_KEY").out) == {
        "DEPLOY_KEY": PEM,
        "GITHUB_TOKEN": TOKEN,
    }


def test_what_a_dialect_cannot_express_is_refused_by_name(runner: Neo) -> None:
    result = runner("env", "--format", "docker", "--secret", "DEPLOY_KEY")
    assert (result.code, result.out, "DEPLOY_KEY" in result.err) == (Exit.DATA, "", True)


def test_a_terminal_shows_values_only_when_told(runner: Neo) -> None:
    with Terminal(runner, "env") as terminal:
        assert terminal.wait() == Exit.USAGE
        assert TOKEN.encode() not in terminal.screen
    with Terminal(runner, "env", "--show") as terminal:
        assert terminal.wait() == 0
        assert TOKEN.encode() in terminal.screen


def test_a_file_that_cannot_be_written_is_told(runner: Neo, tmp_path: Path) -> None:
    result = runner("env", "--output", str(tmp_path / "missing" / "env"))
    assert result.code == Exit.CANNOT_WRITE
    assert TOKEN not in result.err


def test_an_unsafe_name_is_refused_here_too(runner: Neo) -> None:
    runner("secrets", "set", "PROMPT_COMMAND", "--stdin", stdin="touch /nowhere")
    assert runner("env", "--secret", "PROMPT_COMMAND").code == Exit.REFUSED
    assert runner("env", "--secret", "PROMPT_COMMAND", "--allow-name", "PROMPT_COMMAND").code == 0


def test_a_secret_that_an_agent_made_is_promoted(runner: Neo) -> None:
    """The agent makes it with the token of its task; until a person promotes it, no other task sees it."""
    with runner.site.client("runner") as client:
        grant = client.post("/api/v1/task-grants", json={"scopes": ["secrets:create"]}).json()
        task = {"Authorization": f"Bearer {grant['token']}"}
        made = {"name": "BY_AGENT", "value": "made-by-an-agent"}
        assert client.post("/api/v1/runtime/secrets", json=made, headers=task).status_code == 201
    assert "BY_AGENT (personal) is not given" in runner("explain", "--secret", "BY_AGENT").err
    assert "in quarantine" in runner("secrets", "list").out
    assert runner("secrets", "promote", "BY_AGENT").out == "BY_AGENT is promoted.\n"
    assert "BY_AGENT" in runner("explain", "--secret", "BY_AGENT").out
