"""Parsing of dotenv files."""

from __future__ import annotations

import pytest

from neo_cli import dotenv_files
from neo_cli.exits import Failure


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
def test_file_is_read_like_python_dotenv_without_expansion(text: str, assignments: dict[str, str]) -> None:
    assert dotenv_files.parse(text) == assignments


@pytest.mark.parametrize(("text", "line"), [("A=1\nB\n", 2), ("A=1\n\nA=2\n", 3), ('A=1\n"canary\n', 2)])
def test_invalid_line_is_refused_with_its_number(text: str, line: int) -> None:
    with pytest.raises(Failure, match=f"Line {line} ") as refused:
        dotenv_files.parse(text)
    assert "canary" not in refused.value.message
