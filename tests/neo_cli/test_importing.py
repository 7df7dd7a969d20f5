"""`neo secrets import`: a dotenv file into the real site, all of it or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from neo_cli import dotenv_files
from neo_cli.exits import Exit, Failure
from tests.neo_cli.command import Result
from tests.neo_cli.conftest import NeoOf

Command = Callable[..., Result]


@pytest.fixture
def neo(neo_of: NeoOf) -> Command:
    """`neo` for a project without secrets."""
    project = neo_of("stranger")("projects", "create", "Imports", "--json").json
    return partial(neo_of("stranger"), NEO_PROJECT=project["id"])


def imported(neo: Command, text: str, *options: str) -> Result:
    return neo("secrets", "import", "-", "--json", *options, stdin=text)


def masks(neo: Command) -> dict[str, str]:
    return {each["name"]: each["masked_value"] for each in neo("secrets", "list", "--json").json}


@pytest.mark.parametrize(
    ("text", "assignments"),
    [
        ("A=1\n# comment\n\nexport B=two words # comment\n", {"A": "1", "B": "two words"}),
        ("A='single $B \\n'\nB=\"line\\nline\"\n", {"A": "single $B \\n", "B": "line\nline"}),
        ('A="one\n\ntwo"\n', {"A": "one\n\ntwo"}),
        ("\ufeffA=${HOME}\nB=\n", {"A": "${HOME}", "B": ""}),
        ("A=x=y#z\r\nB=é\r\n", {"A": "x=y#z", "B": "é"}),
        ("", {}),
    ],
)
def test_a_file_is_read_as_python_dotenv_does_without_putting_anything_in(
    text: str, assignments: dict[str, str]
) -> None:
    assert dotenv_files.parse(text) == assignments


@pytest.mark.parametrize(("text", "line"), [("A=1\nB\n", 2), ("A=1\n\nA=2\n", 3), ('A=1\n"canary\n', 2)])
def test_what_is_no_assignment_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(Failure, match=f"Line {line} ") as refused:
        dotenv_files.parse(text)
    assert "canary" not in refused.value.message


def test_every_assignment_is_stored(neo: Command, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FIRST=abc-0123456789-xyz\nSECOND='another value here'\nEMPTY=\n")
    result = neo("secrets", "import", str(tmp_path / ".env"), "--default")
    assert result.out == "2 imported, 0 replaced, 1 left out.\nLeft out: EMPTY\n"
    assert masks(neo) == {"FIRST": "abc••••••••-xyz", "SECOND": "ano••••••••here"}
    assert all(each["default_available"] for each in neo("secrets", "list", "--json").json)


def test_a_conflict_is_refused_before_anything_is_stored(neo: Command) -> None:
    imported(neo, "TAKEN=first")
    result = imported(neo, "NEW=1\nTAKEN=second")
    assert result.code == Exit.DATA
    assert "nothing was imported: TAKEN" in result.err
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
def test_a_conflict_is_settled_as_told(
    neo: Command, on_conflict: str, outcome: dict[str, object], stored: dict[str, int]
) -> None:
    imported(neo, "TAKEN=first")
    assert imported(neo, "NEW=1\nTAKEN=second", "--on-conflict", on_conflict).json == outcome
    assert {each["name"]: each["version"] for each in neo("secrets", "list", "--json").json} == stored


def test_names_of_another_form_are_refused_or_made_fit(neo: Command) -> None:
    refused = imported(neo, "GOOD=1\ndbPassword=2\n")
    assert refused.code == Exit.DATA
    assert "dbPassword" in refused.err
    assert masks(neo) == {}
    fit = imported(neo, "GOOD=1\ndbPassword=2\n", "--sanitize-names")
    assert fit.json["created"] == {"GOOD": "GOOD", "dbPassword": "DB_PASSWORD"}
    assert imported(neo, "A=1", "--sanitize-names", "--on-conflict", "skip").code == Exit.USAGE


def test_more_than_one_request_takes(neo: Command) -> None:
    text = "".join(f"NAME_{number:03}=value\n" for number in range(60))
    assert neo("secrets", "import", "-", stdin=text).out == "60 imported, 0 replaced, 0 left out.\n"
    assert len(masks(neo)) == 60


def test_a_later_refusal_says_what_was_done(neo: Command) -> None:
    text = "".join(f"NAME_{number:03}=value\n" for number in range(50)) + f"TOO_LONG={'x' * 10_001}\n"
    result = neo("secrets", "import", "-", stdin=text)
    assert result.code == Exit.DATA
    assert "The 50 before were imported." in result.err
    assert "xxx" not in result.err
