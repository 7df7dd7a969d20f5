"""A sign of life on the terminal while one long request runs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

TICK_SECONDS = 1.0


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal what is being done and for how long, until the block ends; show nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
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
    with suppress(OSError):
        while not ended.is_set():
            click.echo(f"\r{what} … {time.monotonic() - started:.0f} s", nl=False, err=True)
            ended.wait(TICK_SECONDS)
        click.echo("\r\x1b[K", nl=False, err=True)
