"""Parser of dotenv files: python-dotenv's, without expanding `${…}`, so that the stored value is the written one."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

from neo_cli.exits import Exit, Failure

if TYPE_CHECKING:
    from dotenv.parser import Binding

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}")


def parse(text: str) -> dict[str, str]:
    """Return names and values in file order.

    Raise Failure with the line number if a line is not an assignment or repeats a name.
    """
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text.removeprefix("\ufeff"))):
        if binding.error or (binding.key is not None and binding.value is None):
            raise _failure(binding, "is not an assignment like NAME=value")
        if binding.key is None:
            continue
        if binding.key in found:
            raise _failure(binding, "assigns a name for the second time")
        found[binding.key] = binding.value or ""
    return found


def invalid_names(names: dict[str, str]) -> list[str]:
    """Return the names that a secret cannot have."""
    return [name for name in names if not NAME.fullmatch(name)]


def _failure(binding: Binding, trouble: str) -> Failure:
    # python-dotenv counts the empty lines before an assignment as part of it.
    text = binding.original.string
    line = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
    return Failure(f"Line {line} {trouble}. Nothing was imported. Correct the file and try again.", Exit.DATA)
