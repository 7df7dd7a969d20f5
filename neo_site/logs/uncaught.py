"""Uncaught exceptions as log records: Python would print them with their messages, which may quote a value."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)


def install() -> None:
    """Log, from now on, what ends the process or a thread, exceptions that cannot be raised, and warnings."""
    sys.excepthook = _ended
    threading.excepthook = _thread_ended
    sys.unraisablehook = _could_not_be_raised
    warnings.showwarning = _warned


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logger.critical("process.failed", exc_info=(kind, error, trace))


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    error = args.exc_value or args.exc_type()
    logger.error("thread.failed", exc_info=(args.exc_type, error, args.exc_traceback))


def _could_not_be_raised(args: Any) -> None:
    error = args.exc_value or args.exc_type()
    logger.error("error.ignored", exc_info=(args.exc_type, error, args.exc_traceback))


def _warned(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any) -> None:
    logger.warning("warning.issued category=%s at %s:%d", category.__name__, filename, lineno)
