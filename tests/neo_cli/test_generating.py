"""Generated values: of the alphabet and length that were asked for, and different each time."""

from __future__ import annotations

import pytest

from neo_cli.exits import Exit
from neo_cli.generating import ALPHABETS, LENGTH, generated_value
from neo_cli.outcomes import run

pytestmark = pytest.mark.once


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_characters_are_those_of_the_alphabet(alphabet: str) -> None:
    value = generated_value(2_000, alphabet, None)
    assert len(value) == 2_000
    assert set(value) == set(ALPHABETS[alphabet])


def test_words_are_so_many_and_differ() -> None:
    first, second = (generated_value(LENGTH, "letters", 6) for _ in range(2))
    assert first != second
    assert len(first.split("-")) >= 6
    assert first.islower()


def test_no_symbol_needs_quotes_in_a_file() -> None:
    assert not set(ALPHABETS["symbols"]) & set("\"'`$\\ \t&|<>(){}[]")


@pytest.mark.parametrize(
    "options", [["--length", "20"], ["--words", "6"], ["--generate", "--words", "6", "--length", "20"]]
)
def test_options_that_do_not_go_together_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secrets", "set", "NAME", *options]) == Exit.USAGE
    assert "--words" in capsys.readouterr().err
