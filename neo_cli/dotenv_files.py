"""Reading a dotenv file, as python-dotenv does, with nothing put in for `${…}`: what is stored is what is written."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

from neo_cli.exits import Exit, Failure

if TYPE_CHECKING:
    from dotenv.parser import Binding

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}")


def parse(text: str) -> dict[str, str]:
    """Names and values in their order. Raises Failure, with the line, for what is no assignment or comes twice."""
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text.removeprefix("\ufeff"))):
        if binding.error or (binding.key is not None and binding.value is None):
            raise _failure(binding, "is no assignment such as NAME=value")
        if binding.key is None:
            continue
        if binding.key in found:
            raise _failure(binding, "assigns a name for the second time")
        found[binding.key] = binding.value or ""
    return found


def misnamed(names: dict[str, str]) -> list[str]:
    """The names that do not have the form of a secret's."""
    return [name for name in names if not NAME.fullmatch(name)]


def _failure(binding: Binding, trouble: str) -> Failure:
    # A binding begins with the empty lines before it.
    text = binding.original.string
    line = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
    return Failure(f"Line {line} {trouble}. Nothing was imported.", Exit.DATA)
