"""Text for a terminal: tables, and foreign text that cannot steer it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click


def printable(text: str) -> str:
    """`text` on one line, with what would move a cursor, ring or reorder letters written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they must be, beneath their names."""
    lines = [head, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Something to know that is no result: on stderr."""
    click.echo(f"neo: {printable(text)}", err=True)
