"""From a stream of the command to one of ours, with the values of secrets replaced on the way."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secrets_app.redaction import Redactor

PIECE = 2**16
# A pause as short as this is none to a reader; then what was held back is shown as far as it may be.
PAUSE_SECONDS = 0.03
# What the command leaves running keeps its streams open. For its last words it gets a second, and five if it goes on.
QUIET_SECONDS = 1.0
LAST_SECONDS = 5.0


class Pump(threading.Thread):
    """Copies until the stream ends; a thread each, so that a reader who takes only one of our streams gets that."""

    def __init__(self, source: int, target: int, redactor: Redactor, ended: int) -> None:
        """`ended` is readable once the command has ended."""
        super().__init__(daemon=True)
        self._source, self._target = source, target
        self._redactor = redactor
        self._ended = ended

    def run(self) -> None:
        try:
            self._copy()
            self._write(self._redactor.flush())
        except OSError:
            # Nobody reads any more. With the source closed the command is told as it would be without us.
            pass
        finally:
            os.close(self._source)

    def _copy(self) -> None:
        is_paused, until = True, None
        while until is None or time.monotonic() < until:
            watched = [self._source] if until else [self._source, self._ended]
            patience = (QUIET_SECONDS if until else None) if is_paused else PAUSE_SECONDS
            ready = select.select(watched, [], [], patience)[0]
            if self._source in ready:
                if not (piece := _read(self._source)):
                    return
                self._write(self._redactor.feed(piece))
                is_paused = False
            elif ready:
                until = time.monotonic() + LAST_SECONDS
            elif not is_paused:
                self._write(self._redactor.idle())
                is_paused = True
            else:
                return

    def _write(self, data: bytes) -> None:
        write_all(self._target, data)


def write_all(target: int, data: bytes) -> None:
    """Write it all, also where others have made the stream one that does not wait."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(target, rest) :]
        except BlockingIOError:
            select.select([], [target], [])


def _read(source: int) -> bytes:
    try:
        return os.read(source, PIECE)
    except OSError:
        # So ends a terminal whose other side is closed.
        return b""
