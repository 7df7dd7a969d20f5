"""Completion of names in each shell: what the server has, and nothing at all if it is away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class

from neo_cli import completion, connection
from neo_cli.app import neo as command
from neo_cli.completion import project_names, secret_names, token_names
from tests.neo_cli.command import Neo
from tests.neo_cli.command_tree import commands

PROJECT = "Demo project"
PATIENCE = completion.SECONDS
Complete = Callable[..., list[str]]


@pytest.fixture
def complete(neo: Neo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Complete:
    """Return a function: from the words before the cursor to what the shell offers there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEO_CONFIG_DIR", str(neo.folder))
    # However busy the machine is: that it waits less is a test of its own.
    monkeypatch.setattr(completion, "SECONDS", 60.0)

    def of(line: str, incomplete: str = "") -> list[str]:
        found = ShellComplete(command, {}, "neo", "_NEO_COMPLETE").get_completions(line.split(), incomplete)
        return [item.value for item in found]

    return of


def test_names_are_those_of_the_owner(neo: Neo, complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    project = neo.site.demo["project"]
    neo("secrets", "set", "COMPLETE_MINE", "--generate")
    neo("secrets", "set", "COMPLETE_OURS", "--generate", "--project", project)
    assert complete("secrets show", "COMPLETE_") == ["COMPLETE_MINE"]
    assert complete("run --secret", "COMPLETE_M") == ["COMPLETE_MINE"]
    assert complete(f"secrets show --project {project}", "COMPLETE_") == ["COMPLETE_OURS"]
    Path(".neo.toml").write_text(f'project = "{project}"')
    assert complete("secrets show", "COMPLETE_") == ["COMPLETE_OURS"]
    assert complete("secrets show --personal", "COMPLETE_") == ["COMPLETE_MINE"]
    Path(".neo.toml").unlink()
    monkeypatch.setenv("NEO_PROJECT", PROJECT)
    assert complete("secrets show", "COMPLETE_") == ["COMPLETE_OURS"]


def test_projects_and_tokens_are_offered_by_name_or_id(neo: Neo, complete: Complete) -> None:
    neo("projects", "create", "complete-me")
    neo("tokens", "create", "complete-ci", "--scope", "secrets:read")
    assert complete("secrets list --project", "complete") == ["complete-me"]
    assert complete("projects rename", "complete") == ["complete-me"]
    assert complete("tokens revoke", "complete") == ["complete-ci"]
    neo("tokens", "create", "complete-team", "--scope", "secrets:read", "--project", "complete-me")
    assert complete("tokens revoke --project complete-me", "complete") == ["complete-team"]
    # It would need quotes, which no shell adds.
    assert complete("projects leave", "Demo") == [neo.site.demo["project"]]


@pytest.mark.parametrize(("shell", "word"), [("bash", "3"), ("zsh", "3"), ("fish", "SHELL_N")])
def test_each_shell_gets_the_names(
    neo: Neo, complete: Complete, shell: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo("secrets", "set", "SHELL_NAME", "--generate")
    monkeypatch.setenv("COMP_WORDS", "neo secrets show SHELL_N")
    # fish sends the word itself, the others its place.
    monkeypatch.setenv("COMP_CWORD", word)
    made = get_completion_class(shell)
    assert made is not None
    assert "SHELL_NAME" in made(command, {}, "neo", "_NEO_COMPLETE").complete()


@pytest.mark.parametrize(
    "variables",
    [
        {"NEO_SERVER": "http://127.0.0.1:1", "NEO_TOKEN": "x"},
        {"NEO_TOKEN": "a b"},
        {"NEO_CONFIG_DIR": "/dev/null"},
        {"NEO_PROJECT": "no such project"},
        {"NEO_SERVER": "http://example.com"},
    ],
)
def test_nothing_is_offered_and_nothing_said_in_trouble(
    complete: Complete,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert complete("secrets show") == []
    assert tuple(capfd.readouterr()) == ("", "")


def test_wrong_project_file_is_silent(complete: Complete, capfd: pytest.CaptureFixture[str]) -> None:
    Path(".neo.toml").write_text("token = 1")
    assert complete("secrets show") == []
    assert tuple(capfd.readouterr()) == ("", "")


def test_completion_waits_for_a_second_at_most(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[Any] = []
    open_transport = connection.open_transport

    def noting(url: str, seconds: float | None = None) -> Any:
        waits.append(seconds)
        return open_transport(url, seconds)

    monkeypatch.setattr(connection, "open_transport", noting)
    monkeypatch.setattr(completion, "SECONDS", PATIENCE)
    complete("secrets show")
    assert waits == [PATIENCE] == [1.0]


def test_each_name_of_a_secret_or_project_is_completed() -> None:
    """Of new things, names are not: those are set by `create`, `rename` and `--as`."""
    completes = {secret_names, project_names, token_names}
    new = {"new_name", "username", "email", "role", "path", "on_argv", "command", "session_id", "version"}
    without = [
        f"{path} {parameter.name}"
        for path, each in commands(command)
        for parameter in each.params
        if isinstance(parameter, click.Argument) and parameter.name not in new
        if parameter._custom_shell_complete not in completes
    ]
    assert without == ["neo projects create name", "neo tokens create name"]
