"""Processes with all their children: stopped, continued and killed as a whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def with_children(*pids: int) -> list[int]:
    """Return these processes and their descendants, parents first."""
    parents = dict(_parents())
    found = list(pids)
    for parent in found:
        found += [pid for pid, its in parents.items() if its == parent and pid not in found]
    return found


def send(number: signal.Signals, *pids: int) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def named(pids: list[int], title: str) -> list[int]:
    """Return those of these processes whose command line contains `title`."""
    return [pid for pid in pids if title in _command(pid)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _parents() -> Iterator[tuple[int, int]]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in brackets, may hold anything.
            yield int(path.parent.name), int(path.read_text().rpartition(")")[2].split()[1])
