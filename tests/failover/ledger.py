"""What was acknowledged to clients since the last comparison, and what every answer was."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from threading import Lock


@dataclass
class Ledger:
    """The acknowledgements of all clients. Whatever got no clear answer is in doubt: done or not, both are right."""

    created: dict[str, datetime] = field(default_factory=dict)
    """Secrets by id, with the time at which the request that was answered 201 began."""
    in_doubt: int = 0
    """Writes that were answered 503 or not at all."""
    versions: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    perhaps_deleted: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    uses: Counter[str] = field(default_factory=Counter)
    removed: set[int] = field(default_factory=set)
    """Users who are members no more."""
    used_after_revocation: int = 0
    conflicts: int = 0
    """Creates that were answered 409 after an own 503."""
    answers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By kind of client, how often each status was seen."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Answers that no client should see."""
    write_times: list[float] = field(default_factory=list)
    read_times: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def statuses(self) -> Counter[str]:
        return sum(self.answers.values(), Counter())

    def acknowledged(self) -> int:
        ended = len(self.deleted) + len(self.revoked) + len(self.removed)
        changed = sum(version - 1 for version in self.versions.values())
        return len(self.created) + changed + ended + self.uses.total()


def longest_gap(times: list[float], began: float, ended: float | None = None) -> float:
    """Return the longest time between two of these moments, from `began` on, the ends included."""
    inside = sorted(moment for moment in times if moment >= began)
    # The last acknowledgement from before counts as the beginning.
    before = [moment for moment in times if moment < began]
    moments = [max(before, default=began), *inside, time.monotonic() if ended is None else ended]
    return max(later - earlier for earlier, later in pairwise(moments))
