"""Agreement of docs/cli.md with the command: its commands, options, variables and exit codes."""

from __future__ import annotations

import re

import click
import pytest

from neo_cli.app import neo
from neo_cli.credentials import FOLDER_VARIABLE
from neo_cli.exits import Exit
from neo_cli.token_sources import TOKEN_VARIABLE
from tests.neo_cli.command_tree import commands
from tests.test_docs import rows, section, text

PAGE = "docs/cli.md"
# The page describes these once, for all commands.
COMMON = {"--server", "--insecure-http", "--personal", "--help"}


COMMANDS = {path: command for path, command in commands(neo) if not isinstance(command, click.Group)}


def options_of(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option)]


def documented_options(path: str) -> set[str]:
    table = section(PAGE, f"`{path}`")
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `-")]
    return {option for cell in first_cells for option in re.findall(r"`(-[\w-]+)`", cell)}


def test_each_command_has_a_section_and_no_other_does() -> None:
    assert sorted(re.findall(r"^### `(neo .+)`$", text(PAGE), re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_each_option_is_documented(path: str) -> None:
    names = {name for option in options_of(COMMANDS[path]) for name in (*option.opts, *option.secondary_opts)}
    assert documented_options(path) == names - COMMON


@pytest.mark.parametrize("path", COMMANDS)
def test_each_command_and_option_has_help(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    assert [option.name for option in options_of(command) if not option.help] == []


# Their output is that of another program, or made for one.
OUTPUT_OF_THEIR_OWN = {"neo run", "neo env"}


@pytest.mark.parametrize("path", sorted(COMMANDS.keys() - OUTPUT_OF_THEIR_OWN))
def test_each_command_prints_json_if_asked(path: str) -> None:
    assert "--json" in [name for option in options_of(COMMANDS[path]) for name in option.opts]


def test_each_variable_is_documented() -> None:
    read = {str(option.envvar) for command in COMMANDS.values() for option in options_of(command) if option.envvar}
    assert {row[0] for row in rows(PAGE, "Environment variables")} == read | {TOKEN_VARIABLE, FOLDER_VARIABLE}


def test_each_exit_code_is_documented_with_its_name() -> None:
    documented = {(row[1], row[0]) for row in rows(PAGE, "Exit codes") if row[1]}
    assert documented == {(code.name, str(code.value)) for code in Exit}
