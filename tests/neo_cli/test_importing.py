"""`neo secrets import` against the real site."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from neo_cli import progress
from neo_cli.exits import Exit
from neo_cli.progress import waiting
from tests.neo_cli.command import Result
from tests.neo_cli.conftest import NeoOf

Command = Callable[..., Result]


@pytest.fixture
def neo(neo_of: NeoOf) -> Command:
    """Return `neo` for a new project without secrets."""
    project = neo_of("stranger")("projects", "create", "Imports", "--json").json
    return partial(neo_of("stranger"), NEO_PROJECT=project["id"])


def imported(neo: Command, text: str, *options: str) -> Result:
    return neo("secrets", "import", "-", "--json", *options, stdin=text)


def masks(neo: Command) -> dict[str, str]:
    return {each["name"]: each["masked_value"] for each in neo("secrets", "list", "--json").json}


def test_each_assignment_is_stored(neo: Command, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FIRST=abc-0123456789-xyz\nSECOND='another value here'\nEMPTY=\n")
    result = neo("secrets", "import", str(tmp_path / ".env"), "--default")
    assert result.out == "2 imported, 0 replaced, 1 skipped.\nSkipped, because there is no value: EMPTY\n"
    assert masks(neo) == {"FIRST": "abc••••••••-xyz", "SECOND": "ano••••••••here"}
    assert all(each["default_available"] for each in neo("secrets", "list", "--json").json)


def test_conflict_is_refused_before_anything_is_stored(neo: Command) -> None:
    imported(neo, "TAKEN=first")
    result = imported(neo, "NEW=1\nTAKEN=second")
    assert result.code == Exit.DATA
    assert "Nothing was imported, because these names are taken: TAKEN (line 2)." in result.err
    assert masks(neo).keys() == {"TAKEN"}


@pytest.mark.parametrize(
    ("on_conflict", "outcome", "stored"),
    [
        ("skip", {"created": {"NEW": "NEW"}, "replaced": [], "skipped": ["TAKEN"]}, {"NEW": 1, "TAKEN": 1}),
        ("replace", {"created": {"NEW": "NEW"}, "replaced": ["TAKEN"], "skipped": []}, {"NEW": 1, "TAKEN": 2}),
        (
            "rename",
            {"created": {"NEW": "NEW", "TAKEN": "TAKEN_2"}, "replaced": [], "skipped": []},
            {"NEW": 1, "TAKEN": 1, "TAKEN_2": 1},
        ),
    ],
)
def test_conflict_is_handled_as_chosen(
    neo: Command, on_conflict: str, outcome: dict[str, object], stored: dict[str, int]
) -> None:
    imported(neo, "TAKEN=first")
    assert imported(neo, "NEW=1\nTAKEN=second", "--on-conflict", on_conflict).json == outcome
    assert {each["name"]: each["version"] for each in neo("secrets", "list", "--json").json} == stored


def test_invalid_names_are_refused_or_converted(neo: Command) -> None:
    refused = imported(neo, "GOOD=1\ndbPassword=2\n")
    assert refused.code == Exit.DATA
    assert "dbPassword" in refused.err
    assert masks(neo) == {}
    converted = imported(neo, "GOOD=1\ndbPassword=2\n", "--sanitize-names")
    assert converted.json["created"] == {"GOOD": "GOOD", "dbPassword": "DB_PASSWORD"}
    assert imported(neo, "A=1", "--sanitize-names", "--on-conflict", "skip").code == Exit.USAGE


def test_many_are_stored_at_once_or_not_at_all(neo: Command) -> None:
    text = "".join(f"NAME_{number:03}=value\n" for number in range(120))
    refused = neo("secrets", "import", "-", stdin=f"{text}\nTOO_LONG={'x' * 10_001}\n")
    assert (refused.code, masks(neo)) == (Exit.DATA, {})
    assert refused.err.startswith("neo: TOO_LONG (line 122): ")
    assert "Nothing was imported." in refused.err
    assert "xxx" not in refused.err
    assert neo("secrets", "import", "-", stdin=text).out == "120 imported, 0 replaced, 0 skipped.\n"
    assert len(masks(neo)) == 120


def test_more_than_the_limit_is_refused_at_once(neo: Command) -> None:
    imported(neo, "THERE=1")
    result = imported(neo, "".join(f"NAME_{number}=value\n" for number in range(1_000)))
    assert result.code == Exit.DATA
    assert result.err.startswith("neo: The file has 1,000 values, and there are 1 secrets.")
    assert masks(neo).keys() == {"THERE"}


def test_long_lists_of_names_are_cut(neo: Command) -> None:
    text = "".join(f"name_{number}=value\n" for number in range(120))
    assert "name_7 (line 8) and 112 more. Use --sanitize-names" in imported(neo, text).err


def test_repeated_name_is_named_with_both_lines(neo: Command) -> None:
    text = "LOG=single\nLEVEL=debug\nLOG=stack-of-values\n"
    assert "LOG is assigned twice in lines 1 and 3." in imported(neo, text).err
    assert imported(neo, text, "--last-wins").json["created"].keys() == {"LEVEL", "LOG"}
    assert masks(neo)["LOG"] == "sta••••••••lues"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_file_in_utf16_is_told(neo: Command, encoding: str) -> None:
    result = neo("secrets", "import", "-", stdin="FIRST=one\n".encode(encoding))
    assert result.code == Exit.DATA
    assert "UTF-16" in result.err
    assert "Save it as UTF-8." in result.err


def test_byte_order_mark_in_a_value_is_told(neo: Command) -> None:
    result = imported(neo, "\ufeffA=\ufeffone\nB=two\n")
    assert "These values begin with a byte order mark, which is invisible: A (line 1)." in result.err
    removed = neo("secrets", "set", "C", "--stdin", stdin="\ufeffthree")
    assert "Removed the byte order mark" in removed.err


def test_reader_and_source_are_chosen(neo: Command) -> None:
    assert imported(neo, "A=`one\ntwo`\n").code == Exit.DATA
    assert imported(neo, "A=`one\ntwo`\n", "--reader", "node").json["created"] == {"A": "A"}
    assert imported(neo, '{"B": "two", "C": ""}', "--from", "json").json["skipped"] == ["C"]
    assert imported(neo, '{"D": "two"}', "--from", "json", "--reader", "node").code == Exit.USAGE


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with waiting("Storing 2 secrets"):
        pass
    assert "Storing 2 secrets  [" in capsys.readouterr().err


def test_progress_elsewhere_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with waiting("Storing 2 secrets"):
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.01)
    said = ""
    with waiting("Storing 2 secrets"):
        while "\n" not in said:
            time.sleep(0.01)
            said += capsys.readouterr().err
    assert re.match(r"Storing 2 secrets: \d+ s\n", said)
