"""Which cores a worker may run on."""

from __future__ import annotations

import logging
import os

from neo_site.configuration.server import usable_cores

# Named, because logs name it.
logger = logging.getLogger("neo_site.serve")


def stay_on_one_core(number: int, *, workers: int) -> None:
    """Keep this process, worker `number` of `workers`, on one core, if there is exactly one for each.

    Python runs one thread of a process at a time. On several cores, its threads gain nothing and move what they touch
    from the cache of one core to that of another, which takes up to a quarter of the time of a request. Where there are
    other cores, the system knows better which of them are free.
    """
    cores = usable_cores()
    if len(cores) != workers or not hasattr(os, "sched_setaffinity"):
        return
    try:
        os.sched_setaffinity(0, {cores[number - 1]})
    except OSError:
        # A sandbox may forbid it. It is faster with it, and works without.
        logger.info("worker.unpinned number=%d", number)
