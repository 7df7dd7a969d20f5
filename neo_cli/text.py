"""Text for a terminal: results, tables and notes, without control characters from the server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click


def printable(text: str) -> str:
    """Return `text` on one line, with control characters and other invisible ones written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows in aligned columns below `head`."""
    lines = [head, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Print a remark on stderr."""
    click.echo(f"neo: {printable(text)}", err=True)
