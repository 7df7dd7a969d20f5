"""Progress of commands that look at many rows."""

from __future__ import annotations

import time
from typing import IO, Any

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10


class Progress:
    """How far a job is: a bar with the time that is left on a terminal, elsewhere a line every ten seconds."""

    def __init__(self, stream: IO[Any], *, total: int, what: str) -> None:
        self._stream, self._total, self._what = stream, total, what
        self._bar = tqdm(total=total, unit=f" {what}", file=stream, leave=True) if stream.isatty() and total else None
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def show(self, done: int) -> None:
        """Show that `done` of all are done. The total may have grown meanwhile."""
        if self._bar is not None:
            self._bar.total = max(done, self._total)
            self._bar.update(done - self._bar.n)
        elif time.monotonic() >= self._next:
            self._stream.write(f"{done} of {max(done, self._total)} {self._what}\n")
            self._stream.flush()
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def end(self) -> None:
        """Leave the bar."""
        if self._bar is not None:
            self._bar.close()
