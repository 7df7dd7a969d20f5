"""Values and names that a dialect refuses, and those that it can write."""

from __future__ import annotations

import traceback

import pytest

from neo_cli.dialects import DIALECTS, Inexpressible, write
from tests.cast import CANARY

EVERY = set(DIALECTS)
DOCUMENTS = {"json", "yaml"}

# Each value with the dialects that can write it.
TABLE = [
    ("", EVERY),
    ("ghp_0123456789", EVERY),
    ("two words", EVERY),
    (" blanks around ", EVERY),
    ("#1 = one # two", EVERY),
    ("it's", EVERY),
    ('say "yes"', EVERY),
    ("$HOME and $(id) and `id`", EVERY),
    ("C:\\new\\table", EVERY),
    ("ends in \\", EVERY),
    ("\\\\server\\share", EVERY),
    ("é 🔑 \u3000 \U0010fffd", EVERY),
    ("\x1b[31m \x01 \x7f", EVERY),
    ("""it's "quoted" """.strip(), EVERY),
    ("first\nsecond", EVERY - {"docker"}),
    ("first\r\nsecond", EVERY - {"docker"}),
    ("a\rb", EVERY),
    ("ends in CR\r", EVERY - {"docker"}),
    ("'quoted'", EVERY - {"docker"}),
    ('"quoted"', EVERY - {"docker"}),
    ("${HOME}", EVERY - {"dotenv"}),
    ("${HOME:-x}", EVERY - {"dotenv"}),
    ("${open", EVERY),
    ("""it's "quoted" #""", EVERY - {"dotenv"}),
    ("""it's\n"quoted\"""", EVERY - {"dotenv", "docker"}),
    ("""#it's "quoted\"""", EVERY - {"dotenv"}),
    ("\\\\ and\nlines", EVERY - {"dotenv", "docker"}),
    ("a\\\rb", EVERY - {"dotenv"}),
    ("\ufffe", EVERY - {"systemd"}),
    ("\ufdd0", EVERY - {"systemd"}),
    ("\U0001ffff", EVERY - {"systemd"}),
    ("x" * 65_600, EVERY - {"docker"}),
    ("NUL\0", set()),
    ("lone \ud800", set()),
]


@pytest.mark.parametrize("dialect", sorted(EVERY))
@pytest.mark.parametrize(("value", "can"), TABLE, ids=[ascii(value)[:30] for value, _ in TABLE])
def test_value_is_written_or_refused_as_in_the_table(value: str, can: set[str], dialect: str) -> None:
    assert is_written(value, dialect) == (dialect in can)


def is_written(value: str, dialect: str) -> bool:
    try:
        return bool(write({"A": value}, dialect))
    except Inexpressible:
        return False


def test_error_names_each_refused_variable_and_no_value() -> None:
    with pytest.raises(Inexpressible) as error:
        write({"B": f"{CANARY}\n", "FINE": CANARY, "A": f"'{CANARY}'"}, "docker")
    assert error.value.names == ["A", "B"]
    assert str(error.value) == (
        "The format docker cannot express 'A', 'B'. Nothing was written. Try json, yaml or shell."
    )
    assert CANARY not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("dialect", sorted(EVERY))
@pytest.mark.parametrize("name", ["", "A B", "A=B", "A\nB", "A;id", "$(id)", "1A", "A-B", "Ä", "A\n", "'", "A#"])
def test_name_that_could_inject_code_is_refused(name: str, dialect: str) -> None:
    with pytest.raises(Inexpressible):
        write({name: "value"}, dialect)


@pytest.mark.parametrize("dialect", sorted(EVERY))
def test_variables_keep_their_order(dialect: str) -> None:
    text = write({"ZULU": "1", "ALPHA": "2", "MIKE": "3"}, dialect)
    assert text.index("ZULU") < text.index("ALPHA") < text.index("MIKE")
    assert text.endswith("\n")


def test_unknown_dialect_raises_key_error() -> None:
    with pytest.raises(KeyError):
        write({"A": "1"}, "toml")
