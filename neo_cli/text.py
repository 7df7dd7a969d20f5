"""Text for a terminal: results, tables and notes, without control characters from the server."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import click


def printable(text: str) -> str:
    """Return `text` on one line, with control characters and other invisible ones written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_json(content: Any) -> None:
    # In any other encoding, a replaced character would make other JSON, or none.
    is_utf8 = codecs.lookup(sys.stdout.encoding).name == "utf-8"
    click.echo(json.dumps(content, ensure_ascii=not is_utf8, indent=2))


def print_result(as_json: bool, content: Any, sentence: str) -> None:
    """Print what a command has done: the object as JSON, or a sentence for people."""
    if as_json:
        print_json(content)
    else:
        click.echo(printable(sentence))


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names and texts below each other; leave out what has no text."""
    shown = [(name, printable(text)) for name, text in facts if text]
    width = max(len(name) for name, _ in shown)
    for name, text in shown:
        click.echo(f"{name.ljust(width)}  {text}")


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows in aligned columns below `head`."""
    lines = [head, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Print a remark on stderr."""
    complain(printable(text))


def complain(text: str) -> None:
    """Print a line on stderr. If it cannot be written, nobody can be told, and the exit code says the rest."""
    with suppress(OSError):
        click.echo(f"neo: {text}", err=True)
