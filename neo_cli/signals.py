"""Signals, before and after a command runs: what they interrupt, and what they must not."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from neo_cli.exits import Interrupted

# Those that end a program which does nothing about them.
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}


def raise_on_signals() -> None:
    """From now on a signal that would end `neo` raises Interrupted, so that what was begun is put back.

    A signal that whoever started us has turned off, as nohup does, stays off.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def postponed() -> Iterator[None]:
    """Ending signals wait until the block is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
