"""Input of values: from the terminal, a file or stdin, never from the command line, which other processes can read."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path
from typing import BinaryIO

from neo_cli.exits import Exit, Failure
from neo_cli.prompts import ask_hidden, require_terminal
from neo_cli.text import note

# The server accepts 10,000 characters, each of up to four bytes.
MAX_BYTES = 40_000
BYTE_ORDER_MARK = "\ufeff"


def read_value(name: str, *, path: str | None, from_stdin: bool, is_exact: bool) -> str:
    """Return the value for `name`, asking for it if there is no file and no stdin.

    Raise Failure if it is empty, too long or not text.
    """
    if path is None and not from_stdin:
        require_terminal("Give the value with --file PATH or --stdin.")
        value = ask_hidden(f"Value of {name} (not shown)")
    else:
        value = text_of(read_file("-" if path is None else path, MAX_BYTES))
        if not is_exact:
            value = without_line_break(without_mark(value))
    if not value:
        raise Failure("The value is empty, so nothing was changed. Give a value.", Exit.DATA)
    return value


def read_file(path: str, max_bytes: int) -> bytes:
    """Return the content of a file, or of stdin for `-`.

    Raise Failure if it cannot be read or has more than `max_bytes` bytes.
    """
    if path == "-":
        return _read_at_most(sys.stdin.buffer, max_bytes)
    try:
        with Path(path).open("rb") as file:
            return _read_at_most(file, max_bytes)
    except OSError as error:
        raise Failure(
            f"The file cannot be read: {error.strerror}. Check the path and its permissions.", Exit.NOT_FOUND
        ) from None


def without_mark(value: str) -> str:
    """Return a value without the byte order mark that some editors begin files with; tell the user about it."""
    if value.startswith(BYTE_ORDER_MARK):
        note("Removed the byte order mark at the beginning of the value. Use --exact to keep it.")
    return value.removeprefix(BYTE_ORDER_MARK)


def without_line_break(value: str) -> str:
    """Return a one-line value without the line break that editors and `echo` add; tell the user about it.

    A value of several lines stays as it is: some programs need the last line break of a PEM key.
    """
    line = value.removesuffix("\n").removesuffix("\r")
    if line == value or not line or "\n" in line or "\r" in line:
        return value
    note("Removed the line break at the end of the value. Use --exact to keep it.")
    return line


def _read_at_most(file: BinaryIO, max_bytes: int) -> bytes:
    content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise Failure(f"The input is longer than {max_bytes:,} bytes, so nothing was changed. Shorten it.", Exit.DATA)
    return content


def text_of(content: bytes) -> str:
    """Return a value as text. Raise Failure if it is not UTF-8."""
    return _decoded(content, "Encode it, for example as base64.")


def text_of_file(content: bytes) -> str:
    """Return the content of a file that people edit as text. Raise Failure if it is not UTF-8."""
    text = _decoded(content, "Save it as UTF-8.")
    if "\0" in text:
        raise Failure("The file has NUL characters, as UTF-16 has. Save it as UTF-8.", Exit.DATA)
    return text


def _decoded(content: bytes, advice: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Failure(
            "The input is in UTF-16, as PowerShell's > writes it, so nothing was changed. Save it as UTF-8.", Exit.DATA
        )
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Failure(f"The input is not UTF-8 text. {advice}", Exit.DATA) from None
