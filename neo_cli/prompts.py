"""Questions at the terminal, on stderr, so that stdout stays for results."""

from __future__ import annotations

import os
import select
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import click

from neo_cli.exits import Exit, Failure

# A pasted text arrives in one piece, or nearly.
PASTE_SECONDS = 0.05
BACKSPACES = b"\x7f\x08"
KILL_LINE = 0x15
END_OF_INPUT = 0x04


def require_terminal(instead: str) -> None:
    """Failure where nobody can be asked; `instead` says what to do."""
    if not sys.stdin.isatty():
        raise Failure(f"There is no terminal to ask at: {instead}", Exit.USAGE)


def ask_hidden(question: str) -> str:
    """One line, not shown while it is typed, of any length: the terminal's own line would be cut at 4,095 bytes.

    Raises Failure for a paste of several lines, the rest of which would otherwise go to the shell, and Abort for ^D.
    """
    descriptor = sys.stdin.fileno()
    with _silent(descriptor):
        click.echo(f"{question}: ", nl=False, err=True)
        try:
            return _read_line(descriptor)
        finally:
            click.echo(err=True)


@contextmanager
def _silent(descriptor: int) -> Iterator[None]:
    before = termios.tcgetattr(descriptor)
    changed = termios.tcgetattr(descriptor)
    changed[3] &= ~(termios.ECHO | termios.ICANON)
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, changed)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def _read_line(descriptor: int) -> str:
    typed = bytearray()
    while True:
        chunk = os.read(descriptor, 4096)
        line, newline, rest = chunk.partition(b"\n")
        for byte in line:
            _edit(typed, byte)
        if newline:
            _refuse_more(descriptor, rest)
            return _decoded(typed)
        if not chunk:
            raise click.Abort


def _edit(typed: bytearray, byte: int) -> None:
    """What a terminal does with the keys that correct a line."""
    if byte in BACKSPACES:
        del typed[len(typed.decode(errors="replace")[:-1].encode()) :]
    elif byte == KILL_LINE:
        typed.clear()
    elif byte == END_OF_INPUT:
        raise click.Abort
    else:
        typed.append(byte)


def _refuse_more(descriptor: int, rest: bytes) -> None:
    is_more = bool(rest)
    while select.select([descriptor], [], [], PASTE_SECONDS)[0] and os.read(descriptor, 4096):
        is_more = True
    if is_more:
        raise Failure("This is more than one line, and was not taken. Use --file or --stdin instead.", Exit.USAGE)


def _decoded(typed: bytearray) -> str:
    try:
        return typed.decode()
    except UnicodeDecodeError:
        raise Failure("What was typed is not UTF-8.", Exit.DATA) from None
