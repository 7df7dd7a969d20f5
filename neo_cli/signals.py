"""Signals to `neo` itself: where they interrupt it, and where they must wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from neo_cli.exits import SIGNAL_BASE, Interrupted

# These end a program that does not handle them.
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}


def end_at_once() -> None:
    """Let a signal that ends a program end `neo` without a word: there is nothing to clean up yet, or any more."""
    _handle(_exit)


def raise_on_signals() -> None:
    """Raise Interrupted from now on when a signal would end `neo`, so that `finally` blocks clean up.

    A signal that the parent process ignores, as nohup does with SIGHUP, stays ignored.
    """
    _handle(_interrupt)


@contextmanager
def postponed() -> Iterator[None]:
    """Hold back signals that would end `neo` until the block is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handle(handler: Callable[[int, FrameType | None], object]) -> None:
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _exit(number: int, frame: FrameType | None) -> None:
    os._exit(SIGNAL_BASE + number)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
