"""Progress of commands that look at many rows."""

from __future__ import annotations

import time
from typing import IO, Any

SECONDS_BETWEEN_LINES = 10


class Progress:
    """How far a job is: one line that is written over on a terminal, elsewhere a line every ten seconds."""

    def __init__(self, stream: IO[Any], *, total: int, what: str) -> None:
        self._stream, self._total, self._what = stream, total, what
        self._is_terminal = stream.isatty()
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def show(self, done: int) -> None:
        """Show that `done` of all are done. The total may have grown meanwhile."""
        text = f"{done} of {max(done, self._total)} {self._what}"
        if self._is_terminal:
            self._stream.write(f"\r{text}")
            self._stream.flush()
        elif time.monotonic() >= self._next:
            self._stream.write(f"{text}\n")
            self._stream.flush()
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def end(self) -> None:
        """Leave the line that was written over."""
        if self._is_terminal:
            self._stream.write("\n")
