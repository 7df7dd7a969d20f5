"""Exports of other tools, in the forms that they document."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo_cli.exits import Failure
from neo_cli.imports.sources import SOURCES

EXPORTS = sorted((Path(__file__).parent / "exports").iterdir())
VALUES = {"API_TOKEN": "token-0123456789", "DB_PASSWORD": "line one\nline two"}


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_export_is_read(path: Path) -> None:
    found = SOURCES[path.stem.partition("_")[0]](path.read_text())
    assert {each.name: each.value for each in found if each.value} == VALUES
    assert {each.name for each in found} <= {*VALUES, "UNSET"}


def test_each_source_has_an_export() -> None:
    assert {path.stem.partition("_")[0] for path in EXPORTS} == set(SOURCES)


def test_values_of_the_source_itself_are_left_out_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    SOURCES["doppler"]('{"DOPPLER_PROJECT": "shop", "A": "1"}')
    assert "Left out what Doppler adds: DOPPLER_PROJECT." in capsys.readouterr().err


def test_incomplete_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    SOURCES["aws"]('{"SecretValues": [{"ARN": "a", "Name": "A", "SecretString": "1"}], "NextToken": "x"}')
    assert "not complete" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "text", "values"),
    [
        (
            "json",
            '{"A": 1.10, "B": true, "C": 12345678901234567890, "D": null}',
            ["1.10", "true", "12345678901234567890", ""],
        ),
        ("yaml", "A: 1.10\nB: yes\nC: 012\nD:\nE: 2030-01-01\n", ["1.10", "yes", "012", "", "2030-01-01"]),
    ],
)
def test_values_are_the_text_that_is_written(source: str, text: str, values: list[str]) -> None:
    assert [each.value for each in SOURCES[source](text)] == values


@pytest.mark.parametrize(
    ("source", "text", "message"),
    [
        ("json", '{"A": "canary",\n "B": {"C": "canary"}}', "B (line 2) is an object or a list."),
        ("json", '{"A": "canary"\n "B": 1}', "Line 2 is not JSON"),
        ("json", '["canary"]', "The file is not an object of names and values."),
        ("json", '{"A": NaN}', "NaN is no JSON."),
        ("json", "[" * 100_000, "The file is nested too deeply."),
        ("yaml", "A: canary\nB: [1]\n", "B (line 2) is an object or a list."),
        ("yaml", "A: canary\nB: [1\nC: 1", "Line 3 is not YAML"),
        ("yaml", "A: &x {B: *x}", "The file is nested too deeply."),
        ("yaml", "--- 1\n--- 2\n", "is not YAML"),
        ("yaml", "canary", "The file is not an object of names and values."),
        ("infisical", '{"A": "canary"}', "infisical export --format=json"),
        ("doppler", '["canary"]', "doppler secrets download"),
        ("vault", '{"A": "canary"}', "vault kv get -format=json PATH"),
        ("vault", '{"data": {"data": null, "metadata": {}}}', "this version of the secret is deleted"),
        ("1password", '{"fields": []}', "op item get ITEM --format json --reveal"),
        ("aws", '{"ARN": "a", "Name": "BLOB", "SecretBinary": "canary"}', "BLOB has no SecretString."),
    ],
)
def test_other_files_are_refused_with_the_place_or_the_command(source: str, text: str, message: str) -> None:
    with pytest.raises(Failure) as refused:
        SOURCES[source](text)
    assert message in refused.value.message
    assert "Nothing was imported." in refused.value.message
    assert "canary" not in refused.value.message
