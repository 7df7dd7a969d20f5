"""The help pages of all commands: they fit a terminal of 80 columns, cut nothing, and load no HTTP library."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import click
import pytest

from neo_cli.app import neo
from neo_cli.options import Command
from neo_cli.outcomes import run
from tests.neo_cli.command_tree import commands
from tests.neo_cli.test_imports import modules_loaded_by

COLUMNS = 80
EVERYTHING = dict(commands(neo))
GROUPS = {path: command for path, command in EVERYTHING.items() if isinstance(command, click.Group)}

HelpOf = Callable[[str], str]


@pytest.fixture
def help_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> HelpOf:
    """Return a function: from the path of a command to its help page."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))

    def of(path: str) -> str:
        assert run([*path.split()[1:], "--help"]) == 0
        return capsys.readouterr().out

    return of


@pytest.mark.parametrize("path", EVERYTHING)
def test_help_fits_into_80_columns(help_of: HelpOf, path: str) -> None:
    page = help_of(path)
    assert page.startswith(f"Usage: {path} ")
    assert [line for line in page.splitlines() if len(line) > COLUMNS] == []


@pytest.mark.parametrize("path", EVERYTHING)
def test_help_is_not_cut(help_of: HelpOf, path: str) -> None:
    _usage, _, rest = help_of(path).partition("\n\n")
    assert [line for line in rest.splitlines() if line.endswith(("...", "…"))] == []


@pytest.mark.parametrize("path", GROUPS)
def test_group_shows_each_summary_whole_on_one_line(help_of: HelpOf, path: str) -> None:
    group = GROUPS[path]
    listed = help_of(path).partition("\nCommands:\n")[2].splitlines()
    children = {name: EVERYTHING[f"{path} {name}"] for name in group.list_commands(click.Context(group))}
    assert [line.split(maxsplit=1) for line in listed] == [
        [name, child.get_short_help_str(limit=1_000)] for name, child in children.items()
    ]


@pytest.mark.parametrize("path", sorted(EVERYTHING.keys() - GROUPS.keys()))
def test_help_ends_with_examples_that_parse(help_of: HelpOf, path: str) -> None:
    command = EVERYTHING[path]
    assert isinstance(command, Command)
    assert len(command.examples) == 2
    assert help_of(path).endswith("\nExamples:\n" + "".join(f"  {example}\n" for example in command.examples))
    for example in command.examples:
        words = shlex.split(example.partition(" < ")[0])
        assert " ".join(words).startswith(path)
        command.make_context(path, words[len(path.split()) :])


@pytest.mark.parametrize("path", ["neo", "neo login", "neo secrets", "neo secrets set"])
def test_help_loads_no_http_library(path: str) -> None:
    arguments = [*path.split()[1:], "--help"]
    assert "httpx" not in modules_loaded_by(f"from neo_cli.outcomes import run\nrun({arguments!r})")
