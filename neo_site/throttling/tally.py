"""Requests counted in the memory of this process, and told to the shared count from time to time.

Telling it at each request would cost a statement each. What a process has not told yet, the others do not know: a
hundredth of the limit at most. So beyond a limit, as much may pass for each process but one.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from neo_base.rest.errors import Unavailable
from neo_site.throttling.counts import Subject, count
from neo_site.throttling.rates import Rate

TOLD_EVERY_SECONDS = 5.0
TOLD_SHARE = 100
# The clients that are remembered; of the least recent one, what was not told is forgotten.
MAX_REMEMBERED = 10_000

Window = tuple[Subject, Rate, int]
"""A client, their rate, and the number of the window. The cache names them by a keyed hash, memory need not."""


@dataclass
class _Known:
    """The shared count as this process knows it, and what it has counted since."""

    shared: int = 0
    untold: int = 0
    told_at: float = float("-inf")
    was_told: bool = False


class Tally:
    """Counts of requests, by client and window. Threads may share it."""

    def __init__(self) -> None:
        self._known: OrderedDict[Window, _Known] = OrderedDict()
        self._lock = Lock()

    def count(self, subject: Subject, rate: Rate) -> int:
        """Add one to the count of `subject` in the current window and return the result, as far as it is known here.

        Costs nothing, or what `counts.count` costs if it is told now. Limits below twice TOLD_SHARE are told each
        time, and so exact. When the cache does not answer, what was known before decides, and what could not be told is
        told later; raises Unavailable if nothing was known.
        """
        key, now = (subject, rate, int(time.time() // rate.seconds)), time.monotonic()
        with self._lock:
            known = self._remembered(key)
            known.untold += 1
            if known.untold < rate.limit // TOLD_SHARE and now - known.told_at < TOLD_EVERY_SECONDS:
                return known.shared + known.untold
            adding, known.untold, known.told_at = known.untold, 0, now
            known.shared += adding
        try:
            shared = count(subject, rate, adding)
        except Unavailable:
            with self._lock:
                known.untold, known.shared = known.untold + adding, known.shared - adding
                if known.was_told:
                    return known.shared + known.untold
            raise
        with self._lock:
            known.shared, known.was_told = max(known.shared, shared), True
            return shared + known.untold

    def clear(self) -> None:
        """Forget everything, also what was not told."""
        with self._lock:
            self._known.clear()

    def _remembered(self, key: Window) -> _Known:
        known = self._known.setdefault(key, _Known())
        self._known.move_to_end(key)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return known


tally = Tally()
