"""`neo secrets import` against the real site."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from neo_cli.exits import Exit
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
    assert result.out == "2 imported, 0 replaced, 1 skipped.\nSkipped: EMPTY\n"
    assert masks(neo) == {"FIRST": "abc••••••••-xyz", "SECOND": "ano••••••••here"}
    assert all(each["default_available"] for each in neo("secrets", "list", "--json").json)


def test_conflict_is_refused_before_anything_is_stored(neo: Command) -> None:
    imported(neo, "TAKEN=first")
    result = imported(neo, "NEW=1\nTAKEN=second")
    assert result.code == Exit.DATA
    assert "Nothing was imported, because these names are taken: TAKEN." in result.err
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


def test_large_import_takes_several_requests(neo: Command) -> None:
    text = "".join(f"NAME_{number:03}=value\n" for number in range(60))
    assert neo("secrets", "import", "-", stdin=text).out == "60 imported, 0 replaced, 0 skipped.\n"
    assert len(masks(neo)) == 60


def test_refused_later_batch_reports_what_was_imported(neo: Command) -> None:
    text = "".join(f"NAME_{number:03}=value\n" for number in range(50)) + f"TOO_LONG={'x' * 10_001}\n"
    result = neo("secrets", "import", "-", stdin=text)
    assert result.code == Exit.DATA
    assert "The first 50 were imported." in result.err
    assert "xxx" not in result.err
