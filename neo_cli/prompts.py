"""Prompts on the terminal, written to stderr, so that stdout carries results only."""

from __future__ import annotations

import locale
import os
import select
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from neo_cli.exits import Exit, Failure
from neo_cli.text import printable

# The pieces of a pasted text arrive within this time of each other.
PASTE_SECONDS = 0.05
BACKSPACES = b"\x7f\x08"
KILL_LINE = 0x15
END_OF_INPUT = 0x04


def require_terminal(advice: str) -> None:
    """Raise Failure if stdin is not a terminal; `advice` ends the message and says what to do."""
    if not sys.stdin.isatty():
        raise Failure(f"Cannot ask, because stdin is not a terminal. {advice}", Exit.USAGE)


def confirm(question: str, is_confirmed: bool) -> None:
    """Return if the user says yes, or has said so by --yes. Raise Abort for no, and Failure without a terminal."""
    if not is_confirmed:
        require_terminal("Confirm with --yes.")
        click.confirm(printable(question), abort=True, err=True)


def ask_hidden(question: str) -> str:
    """Return one typed line, of any length, without showing it.

    The terminal's own line editing is off, because it cuts a line at 4,095 bytes. Raise Abort for ^D, and Failure for a
    paste of several lines: after the first one, they would reach the shell as commands.
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
    """Add a typed byte, or act on it as a terminal does: erase a character, erase the line, end the input."""
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
        raise Failure("You pasted more than one line, so nothing was stored. Use --file or --stdin.", Exit.USAGE)


def _decoded(typed: bytearray) -> str:
    """Return what was typed as text: in UTF-8, or else in the encoding of the locale, as the terminal should be."""
    for encoding in ("utf-8", locale.getencoding()):
        with suppress(UnicodeDecodeError, LookupError):
            return typed.decode(encoding)
    raise Failure("The input is not text in UTF-8. Set the terminal to UTF-8 and try again.", Exit.DATA)
