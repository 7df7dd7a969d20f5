"""A sign of life while one long request runs: on a terminal at once, elsewhere a line every ten seconds."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

TICK_SECONDS = 0.5
SECONDS_BETWEEN_LINES = 10


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on stderr what is being done and for how long, until the block ends.

    How much of it is left, nobody knows.
    """
    ended = threading.Event()
    show = _tick if sys.stderr.isatty() else _write_lines
    thread = threading.Thread(target=show, args=(what, ended), daemon=True)
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
            show_eta=False,
            item_show_func=lambda _: f"{time.monotonic() - started:.0f} s",
        ) as bar,
    ):
        while not ended.wait(TICK_SECONDS):
            bar.update(1)


def _write_lines(what: str, ended: threading.Event) -> None:
    started = time.monotonic()
    with suppress(OSError):
        while not ended.wait(SECONDS_BETWEEN_LINES):
            click.echo(f"{what}: {time.monotonic() - started:.0f} s", err=True)
