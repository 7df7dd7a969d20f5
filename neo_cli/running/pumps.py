"""Threads that copy the command's output to our own, and redact it on the way."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import TYPE_CHECKING

from neo_cli.standard_streams import has_no_reader

if TYPE_CHECKING:
    from secrets_app.redaction import Redactor

MAX_READ = 2**16
# A reader does not notice so short a pause. After it, output that the redactor held back is shown as far as is safe.
PAUSE_SECONDS = 0.03
# A process that the command left running keeps the streams open. It gets one second of silence, and five in total, to
# finish its output.
QUIET_SECONDS = 1.0
LAST_SECONDS = 5.0


class Pump(threading.Thread):
    """A thread that copies one stream to its end.

    Each stream has its own, so that a reader who takes only one of our streams does not block the other.
    """

    def __init__(self, source: int, target: int, redactor: Redactor, ended: int) -> None:
        """Copy from `source` to `target`; `ended` becomes readable when the command has ended."""
        super().__init__(daemon=True)
        self._source, self._target = source, target
        self._redactor = redactor
        self._ended = ended
        self._is_terminal = os.isatty(target)
        self.error: OSError | None = None
        """Why the output could not be written, unless its reader has gone."""

    def run(self) -> None:
        try:
            self._copy()
            self._write(self._redactor.flush())
        except OSError as error:
            # A reader who has gone is nobody's error.
            self.error = None if has_no_reader(error, is_terminal=self._is_terminal) else error
        finally:
            # The command notices, as it would without us, that what it writes goes nowhere.
            os.close(self._source)

    def _copy(self) -> None:
        is_paused, deadline = True, None
        while deadline is None or time.monotonic() < deadline:
            watched = [self._source] if deadline else [self._source, self._ended]
            timeout = (QUIET_SECONDS if deadline else None) if is_paused else PAUSE_SECONDS
            ready = select.select(watched, [], [], timeout)[0]
            if self._source in ready:
                if not (piece := _read(self._source)):
                    return
                self._write(self._redactor.feed(piece))
                is_paused = False
            elif ready:
                deadline = time.monotonic() + LAST_SECONDS
            elif not is_paused:
                self._write(self._redactor.idle())
                is_paused = True
            else:
                return

    def _write(self, data: bytes) -> None:
        write_all(self._target, data)


def write_all(target: int, data: bytes) -> None:
    """Write all of `data`, also if another process has made the stream non-blocking."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(target, rest) :]
        except BlockingIOError:
            select.select([], [target], [])


def _read(source: int) -> bytes:
    try:
        return os.read(source, MAX_READ)
    except OSError:
        # A terminal reports its end as an error once the other side is closed.
        return b""
