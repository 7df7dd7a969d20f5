"""A secret's value, from the terminal, a file or stdin; never from the command line, which every process can read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from neo_cli.exits import Exit, Failure
from neo_cli.prompts import ask_hidden, require_terminal
from neo_cli.text import note

# 10,000 characters, of up to four bytes: what the server takes, and one byte to see that there is more.
MAX_BYTES = 40_000


def read_value(name: str, *, path: str | None, from_stdin: bool, is_exact: bool) -> str:
    """The value for `name`. Raises Failure where it is empty, too long, or not text."""
    if path is None and not from_stdin:
        require_terminal("give the value with --file PATH or --stdin.")
        value = ask_hidden(f"Value of {name} (not shown)")
    else:
        value = text_of(read_file("-" if path is None else path, MAX_BYTES))
        if not is_exact:
            value = without_line_break(value)
    if not value:
        raise Failure("The value is empty. Nothing was changed.", Exit.DATA)
    return value


def read_file(path: str, most: int) -> bytes:
    """The content of a file, `-` for stdin; Failure where it cannot be read or has more bytes than `most`."""
    if path == "-":
        return _at_most(sys.stdin.buffer, most)
    try:
        with Path(path).open("rb") as file:
            return _at_most(file, most)
    except OSError as error:
        raise Failure(f"The file cannot be read: {error.strerror}.", Exit.NOT_FOUND) from None


def without_line_break(value: str) -> str:
    """A single line without the line break that editors and `echo` put behind it; several lines stay as they are.

    Keys in PEM keep theirs, which some programs need.
    """
    line = value.removesuffix("\n").removesuffix("\r")
    if line == value or not line or "\n" in line or "\r" in line:
        return value
    note("The line break at the end was left out; --exact keeps it.")
    return line


def _at_most(file: BinaryIO, most: int) -> bytes:
    content = file.read(most + 1)
    if len(content) > most:
        raise Failure(f"This has more than {most:,} bytes. Nothing was changed.", Exit.DATA)
    return content


def text_of(content: bytes) -> str:
    """The text; Failure where it is none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Failure("This is not text in UTF-8. Encode it, as base64 for instance.", Exit.DATA) from None
