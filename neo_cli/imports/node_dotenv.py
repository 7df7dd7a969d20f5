"""A reader of dotenv files that reads as node's dotenv does, from version 15 on.

It differs from python-dotenv in that backticks are quotes, an unquoted value ends at any `#`, and in double quotes only
`\\n` and `\\r` are escapes. It expands nothing.
"""

from __future__ import annotations

import re

from neo_cli.imports.variables import Variable, refused

ASSIGNMENT = re.compile(
    r"""
    ^\s* (?:export\s+)? ([A-Za-z0-9_.-]+) (?:\s*=\s*?|:\s+?)
    ( \s*'(?:\\'|[^'])*' | \s*"(?:\\"|[^"])*" | \s*`(?:\\`|[^`])*` | [^\#\r\n]+ )?
    \s* (?:\#.*)? $
    """,
    re.VERBOSE | re.MULTILINE,
)
QUOTED = re.compile(r"""^(['"`])([\s\S]*)\1$""", re.MULTILINE)


def parse(text: str) -> list[Variable]:
    """Return the variables in file order. Raise Failure for a line that the program would ignore."""
    text = re.sub(r"\r\n?", "\n", text)
    found, end = [], 0
    for match in ASSIGNMENT.finditer(text):
        _refuse_ignored(text, end, match.start())
        name_at = match.start(1)
        found.append(Variable(match[1], _value(match[2] or ""), text.count("\n", 0, name_at) + 1))
        end = match.end()
    _refuse_ignored(text, end, len(text))
    return found


def _value(written: str) -> str:
    stripped = written.strip()
    value = QUOTED.sub(r"\2", stripped)
    return value.replace("\\n", "\n").replace("\\r", "\r") if stripped.startswith('"') else value


def _refuse_ignored(text: str, start: int, end: int) -> None:
    for number, line in enumerate(text[start:end].split("\n"), start=text.count("\n", 0, start) + 1):
        if line.strip() and not line.lstrip().startswith("#"):
            raise refused(f"Line {number} is not an assignment like NAME=value, and node's dotenv ignores it.")
