"""The processor time of servers, and of whoever else was there."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import reduce
from operator import add

import psutil

IDLE = ("idle", "iowait", "guest", "guest_nice")


@dataclass(frozen=True)
class Usage:
    """Seconds of a processor: of the server, of the database, of our own load, and of all together."""

    at: float
    server: float
    database: float
    load: float
    machine: float

    @classmethod
    def now(cls, server: int, database: int | None) -> Usage:
        """Return what has been used until now by the process trees that begin at these process ids."""
        times = psutil.cpu_times()
        busy = sum(value for name, value in times._asdict().items() if name not in IDLE)
        ours = os.times()
        load = ours.user + ours.system + ours.children_user + ours.children_system
        return cls(
            time.perf_counter(), processor_seconds(server), processor_seconds(database) if database else 0.0, load, busy
        )

    def since(self, earlier: Usage) -> Usage:
        """Return what was used between `earlier` and this."""
        return Usage(
            self.at - earlier.at,
            self.server - earlier.server,
            self.database - earlier.database,
            self.load - earlier.load,
            self.machine - earlier.machine,
        )

    @property
    def foreign(self) -> float:
        """The share of the machine that others used, from 0 to 1."""
        others = self.machine - self.server - self.database - self.load
        return max(0.0, others / (self.at * (os.cpu_count() or 1)))


def workers_of(server: int) -> list[psutil.Process]:
    """Return the processes of a server that answer requests: those without children."""
    return [each for each in psutil.Process(server).children(recursive=True) if not each.children()]


def resident(server: int) -> list[int]:
    """Return the resident bytes of each worker of a server."""
    return [each.memory_info().rss for each in workers_of(server)]


def processor_seconds(pid: int) -> float:
    """Return what the process and all its descendants have used until now."""
    root = psutil.Process(pid)
    return reduce(add, (_spent(each) for each in [root, *root.children(recursive=True)]), 0.0)


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
