"""A sign of life on the terminal while one long request runs. Elsewhere, an error stays the only line on stderr."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

TICK_SECONDS = 0.5


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal what is being done and for how long, until the block ends; show nothing elsewhere.

    How much of it is left, nobody knows.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_tick, args=(what, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tick(what: str, ended: threading.Event) -> None:
    started = time.monotonic()
    with (
        suppress(OSError),
        click.progressbar(
            itertools.count(),
            label=what,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            show_eta=False,
            item_show_func=lambda _: f"{time.monotonic() - started:.0f} s",
        ) as bar,
    ):
        while not ended.wait(TICK_SECONDS):
            bar.update(1)
