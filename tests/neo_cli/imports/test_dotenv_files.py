"""Dotenv files: each reader reads as the program that it is named after, and what others read otherwise is told."""

from __future__ import annotations

import io
from pathlib import Path

import dotenv
import pytest

from neo_cli.dialects import Inexpressible, write
from neo_cli.exits import Exit, Failure
from neo_cli.imports import dotenv_files, node_dotenv
from neo_cli.imports.variables import without_repetitions
from tests.neo_cli.dialects.conftest import node
from tests.neo_cli.dialects.readers import Node

__all__ = ["node"]

# Of the forms that real projects have, written anew.
FILES = sorted((Path(__file__).parent / "files").glob("*.env"))
# What node's dotenv reads and python-dotenv does not.
NODE_ONLY = sorted((Path(__file__).parent / "node_only").glob("*.env"))
BOTH = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
# What no quotes of the default format can hold for every reader, by file.
INEXPRESSIBLE = {"backticks": "BOTH_INSIDE", "shell_like": "DB_PATH"}
EXPRESSIBLE = pytest.mark.parametrize(
    "path", [path for path in FILES if path.stem not in INEXPRESSIBLE], ids=lambda path: path.stem
)


def text_of(path: Path) -> str:
    return path.read_bytes().decode()


def values(text: str, reader: str) -> dict[str, str]:
    return {each.name: each.value for each in dotenv_files.read(text, reader)}


def by_python_dotenv(text: str, *, interpolate: bool) -> dict[str, str | None]:
    return dict(dotenv.dotenv_values(stream=io.StringIO(text.removeprefix("\ufeff")), interpolate=interpolate))


def refusal(text: str, reader: str = dotenv_files.PYTHON) -> str:
    with pytest.raises(Failure) as refused:
        dotenv_files.read(text, reader)
    assert refused.value.code == Exit.DATA
    assert "canary" not in refused.value.message
    return refused.value.message


@BOTH
def test_python_dotenv_reads_the_same(path: Path) -> None:
    assert values(text_of(path), dotenv_files.PYTHON) == by_python_dotenv(text_of(path), interpolate=True)
    assert values(text_of(path), dotenv_files.LITERAL) == by_python_dotenv(text_of(path), interpolate=False)


@BOTH
@pytest.mark.parametrize("version", ["dotenv", "dotenv-16"])
def test_node_reads_the_same(path: Path, version: str, node: Node) -> None:
    assert values(text_of(path), dotenv_files.NODE) == node.parse(version, text_of(path).removeprefix("\ufeff"))


@BOTH
@pytest.mark.parametrize("dialect", ["json", "yaml", "shell"])
def test_file_can_be_written_in_other_formats(path: Path, dialect: str) -> None:
    assert write(values(text_of(path), dotenv_files.PYTHON), dialect)


@EXPRESSIBLE
def test_default_format_is_read_alike_by_all_readers(path: Path) -> None:
    imported = values(text_of(path), dotenv_files.PYTHON)
    written = write(imported, "dotenv")
    assert [values(written, reader) for reader in dotenv_files.READERS] == 3 * [imported]
    assert by_python_dotenv(written, interpolate=True) == imported


@pytest.mark.parametrize(("stem", "name"), INEXPRESSIBLE.items())
def test_what_the_default_format_cannot_hold_is_named(stem: str, name: str) -> None:
    (path,) = (path for path in FILES if path.stem == stem)
    with pytest.raises(Inexpressible, match=f"cannot express '{name}'"):
        write(values(text_of(path), dotenv_files.PYTHON), "dotenv")


@pytest.mark.parametrize("path", NODE_ONLY, ids=lambda path: path.stem)
def test_what_node_alone_reads_is_refused_with_the_way_out(path: Path, node: Node) -> None:
    assert "--reader node." in refusal(text_of(path), dotenv_files.PYTHON)
    assert "--reader node." in refusal(text_of(path), dotenv_files.LITERAL)
    assert values(text_of(path), dotenv_files.NODE) == node.parse("dotenv", text_of(path)) != {}


NODES_OWN = pytest.mark.parametrize(
    ("text", "read"),
    [
        ('A=`it\'s a "value"`\nPASS=abc#def\n', {"A": 'it\'s a "value"', "PASS": "abc"}),
        ("M=`two\nlines`\nB: yaml style\n", {"M": "two\nlines", "B": "yaml style"}),
        ("A=\"a\\tb\\nc\"\nB='x\\'\n", {"A": "a\\tb\nc", "B": "x\\"}),
        ("A=${B}\nexport C= ' spaced '\n", {"A": "${B}", "C": " spaced "}),
    ],
)


@NODES_OWN
def test_node_has_rules_of_its_own(text: str, read: dict[str, str]) -> None:
    assert values(text, dotenv_files.NODE) == read


@NODES_OWN
def test_these_are_the_rules_of_node(text: str, read: dict[str, str], node: Node) -> None:
    assert node.parse("dotenv", text) == read


def test_expanded_values_are_told_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert values("A=1\nB=${A}2\nC='${A}'\nD=${X:-x}\nE=$A\n", dotenv_files.PYTHON) == {
        "A": "1",
        "B": "12",
        "C": "1",
        "D": "x",
        "E": "$A",
    }
    told = capsys.readouterr().err
    assert "Expanded ${…} in B (line 2), C (line 3), D (line 4), as python-dotenv does." in told
    assert "--reader literal" in told
    assert values("A=1\nB=${A}2\n", dotenv_files.LITERAL) == {"A": "1", "B": "${A}2"}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ["\nURL=x${HOME}\n", "A=1\nURL=${LATER}\nLATER=1\n"])
def test_reference_to_nothing_in_the_file_is_refused(text: str) -> None:
    assert refusal(text).startswith("URL (line 2) refers to ${")
    assert "Nothing was imported." in refusal(text)


def test_values_that_node_reads_otherwise_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    dotenv_files.read('SAME=1\nTICK=`x`\nHASH=a#b\nTAB="a\\tb"\n', dotenv_files.PYTHON)
    assert "read TICK (line 2), HASH (line 3), TAB (line 4) differently" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reader", "message"),
    [
        ("/*\n# a whole file as a comment of JavaScript\nA=1\n*/\n", "python-dotenv", "Line 1 is not an assignment"),
        ("A=1\nB\n", "python-dotenv", "Line 2 is not an assignment"),
        ('A=1\n"canary\n', "python-dotenv", "Line 2 is not an assignment"),
        (
            "KEY=-----BEGIN-----\ncanary\n",
            "python-dotenv",
            "If the value of KEY (line 1) goes on here, put it into quotes",
        ),
        ("\nM=`two\ncanary`\n", "python-dotenv", "node's dotenv can read the file: --reader node."),
        ("A=1\n\ncanary\nB=2\n", "node", "Line 3 is not an assignment"),
        ("A=1\ncanary", "node", "Line 2 is not an assignment"),
    ],
)
def test_line_that_is_no_assignment_is_refused_with_its_number(text: str, reader: str, message: str) -> None:
    assert message in refusal(text, reader)


def test_repeated_name_is_refused_with_both_lines_unless_the_last_counts() -> None:
    found = dotenv_files.read("LOG=single\n\nLEVEL=debug\nLOG=stack\n", dotenv_files.PYTHON)
    with pytest.raises(Failure, match="LOG is assigned twice in lines 1 and 4"):
        without_repetitions(found, last_wins=False)
    assert {each.name: each.value for each in without_repetitions(found, last_wins=True)} == {
        "LEVEL": "debug",
        "LOG": "stack",
    }


def test_lines_are_counted_alike_by_both_readers() -> None:
    text = "\n# x\nA='1\n2'\n\nB=3\r\nC=4\n"
    found = [(each.name, each.line) for each in dotenv_files.read(text, dotenv_files.PYTHON)]
    assert found == [("A", 3), ("B", 6), ("C", 7)]
    assert [(each.name, each.line) for each in node_dotenv.parse(text)] == found


def test_repr_shows_no_value() -> None:
    assert "canary" not in repr(dotenv_files.read("A=canary", dotenv_files.LITERAL))
