"""docs/cli.md says what the command's own help says: commands, options, variables, exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from neo_cli.app import neo
from neo_cli.authorities import TOKEN_VARIABLE
from neo_cli.credentials import FOLDER_VARIABLE
from neo_cli.exits import Exit
from tests.test_docs import rows, section, text

PAGE = "docs/cli.md"
# On every command that talks to a server, and described once.
COMMON = {"--server", "--insecure-http", "--help"}


def commands(group: click.Group, path: str = "neo") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(neo))


def options_of(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option)]


def documented_options(path: str) -> set[str]:
    table = section(PAGE, f"`{path}`")
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `-")]
    return {option for cell in first_cells for option in re.findall(r"`(-[\w-]+)`", cell)}


def test_every_command_has_its_section_and_nothing_else_has() -> None:
    assert sorted(re.findall(r"^### `(neo .+)`$", text(PAGE), re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_is_documented(path: str) -> None:
    names = {name for option in options_of(COMMANDS[path]) for name in (*option.opts, *option.secondary_opts)}
    assert documented_options(path) == names - COMMON


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_explains_itself(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    assert [option.name for option in options_of(command) if not option.help] == []


def test_every_variable_is_documented() -> None:
    read = {str(option.envvar) for command in COMMANDS.values() for option in options_of(command) if option.envvar}
    assert {row[0] for row in rows(PAGE, "Environment variables")} == read | {TOKEN_VARIABLE, FOLDER_VARIABLE}


def test_every_exit_code_is_documented_with_its_name() -> None:
    documented = {(row[1], row[0]) for row in rows(PAGE, "Exit codes") if row[1]}
    assert documented == {(code.name, str(code.value)) for code in Exit}
