"""Progress of commands that take long: a bar on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SECONDS_BETWEEN_LINES = 10
SECONDS_BETWEEN_SAMPLES = 0.5

Show = Callable[[int], None]
"""Takes how much is done so far."""


def unshown(done: int) -> None:
    """Show nothing, for whoever did not ask for progress."""


class Progress:
    """How far a job is. `total` is None if nobody knows how much there is to do."""

    def __init__(self, stream: Any, *, total: int | None, what: str) -> None:
        self._stream, self._total, self._what = stream, total, what
        self._bar = _bar(stream, total, what) if stream.isatty() and total != 0 else None
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def show(self, done: int) -> None:
        """Show that `done` of all are done. The total may have grown meanwhile."""
        if self._bar is not None:
            self._bar.total = None if self._total is None else max(done, self._total)
            self._bar.update(done - self._bar.n)
        elif time.monotonic() >= self._next:
            of_all = "" if self._total is None else f" of {max(done, self._total)}"
            self._stream.write(f"{done}{of_all} {self._what}\n")
            self._stream.flush()
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def end(self) -> None:
        """Leave the bar."""
        if self._bar is not None:
            self._bar.close()


def _bar(stream: Any, total: int | None, what: str) -> Any:
    # Processes that serve have no bar, and do without the import.
    from tqdm import tqdm

    return tqdm(total=total, unit=f" {what}", file=stream, leave=True)


@contextmanager
def shown(stream: Any, *, total: int | None, what: str, verbosity: int = 1) -> Iterator[Show]:
    """Yield what shows on the stream how far a command is. With `--verbosity 0`, as the worker runs it, nothing is."""
    if verbosity == 0:
        yield unshown
        return
    progress = Progress(stream, total=total, what=what)
    try:
        yield progress.show
    finally:
        progress.end()


@contextmanager
def sampled(measure: Callable[[], int], show: Show) -> Iterator[None]:
    """Show twice a second what `measure` returns, until the block ends: for work that reports nothing by itself."""
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SECONDS_BETWEEN_SAMPLES):
            show(measure())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    show(measure())
