"""Signals to `neo` itself: where they interrupt it, and where they must wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from neo_cli.exits import Interrupted

# These end a program that does not handle them.
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}


def raise_on_signals() -> None:
    """Raise Interrupted from now on when a signal would end `neo`, so that `finally` blocks clean up.

    A signal that the parent process ignores, as nohup does with SIGHUP, stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def postponed() -> Iterator[None]:
    """Hold back signals that would end `neo` until the block is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
