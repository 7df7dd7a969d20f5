"""Our standard streams: there, able to show any text, and honest about what cannot be written."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any

from neo_cli.exits import Exit, Failure

# How results look where the locale's encoding lacks their characters; all others are written as escapes.
SIMPLER = {"•": "*", "…": "..."}
ERRORS = "neo.simpler"


class _Output(io.FileIO):
    """Our stdout. Raise Failure for what cannot be written, and BrokenPipeError if its reader has gone."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._is_terminal = self.isatty()

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if has_no_reader(error, is_terminal=self._is_terminal):
                raise BrokenPipeError from None
            raise Failure(
                f"The output cannot be written: {error.strerror}. What was written is incomplete.", Exit.OUTPUT_LOST
            ) from None


def has_no_reader(error: OSError, *, is_terminal: bool) -> bool:
    """Return whether output failed because whoever read it has gone: a pipe, a socket, or a terminal that was closed.

    A terminal that was closed is none any more, so `is_terminal` says whether it was one.
    """
    return isinstance(error, ConnectionError) or (is_terminal and error.errno == errno.EIO)


def prepare() -> None:
    """Open closed streams on /dev/null, and let errors of our output end the command."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # Otherwise the next file that is opened would get its number, and receive output meant for the stream.
            os.open(os.devnull, os.O_RDWR)
    # Python sets a closed stream to None.
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115
    encoding = sys.stdout.encoding if sys.stdout else None
    file = _Output(1)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(file), encoding, line_buffering=file.isatty())


def show_any_text() -> None:
    """Let our output simplify characters that the locale's encoding lacks, where Python would raise."""
    codecs.register_error(ERRORS, _simpler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def give_up_output() -> None:
    """Send the rest of our output to /dev/null: Python writes it once more at exit and would print an error."""
    if isinstance(getattr(sys.stdout.buffer, "raw", None), _Output):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _simpler(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] in SIMPLER:
        return SIMPLER[error.object[error.start]], error.start + 1
    return codecs.backslashreplace_errors(error)
