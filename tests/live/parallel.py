"""Requests at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")

# Three for each thread of the site. With more, and on a busy machine, some wait in its queue until nobody waits for a
# lock any longer.
PARALLEL = 12


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run each job in a thread of its own, all let go together; their results in order."""
    barrier = Barrier(len(jobs), timeout=300)

    def run(job: Callable[[], T]) -> T:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]
