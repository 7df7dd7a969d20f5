"""The worker: one process that runs, one after another, the commands that are due each minute, day or week."""

from __future__ import annotations

import logging
import sys
import time
from typing import NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from django.core.management import call_command
from django.db import close_old_connections

from neo_site.failures import told

logger = logging.getLogger(__name__)

# Nodes that start together do not all begin at the same moment.
SPREAD_SECONDS = 900


class Job(NamedTuple):
    """A command of `manage.py`, and when it is due, in UTC as cron says it."""

    command: str
    due: str
    spread_seconds: int = SPREAD_SECONDS


# Each is safe to run twice, also at the same time on two nodes.
JOBS = (
    Job("audit chain", "* * * * *", spread_seconds=0),
    Job("clear_expired_sessions", "0 3 * * *"),
    Job("clearsessions", "5 3 * * *"),
    Job("clear_expired_grants", "10 3 * * *"),
    Job("clear_ended_invitations", "15 3 * * *"),
    Job("clear_ended_tokens", "20 3 * * *"),
    Job("audit partition --if-partitioned", "25 3 * * *"),
    Job("secrets expiring", "0 6 * * *"),
    Job("audit verify", "0 4 * * *"),
    Job("secrets verify", "0 5 * * sun"),
)


def scheduler() -> BackgroundScheduler:
    """Return what runs the jobs when they are due, in one thread. A job that was missed is run once, however late."""
    made = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max_workers=1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    for job in JOBS:
        trigger = CronTrigger.from_crontab(job.due, timezone="UTC")
        trigger.jitter = job.spread_seconds or None
        made.add_job(run, trigger, args=[job], id=job.command)
    return made


def run(job: Job) -> bool:
    """Run a job and log how it ended; return whether it did well. The other jobs go on in any case."""
    began = time.monotonic()
    close_old_connections()
    try:
        # Verbosity 0: no lines about progress.
        call_command(*job.command.split(), verbosity=0)
    except (Exception, SystemExit) as error:
        # Any exception: the worker outlives a database that is away, and whatever else one command meets.
        reason = f"It ended with status {error.code}." if isinstance(error, SystemExit) else told(error)
        logger.error("job.failed command=%r reason=%r", job.command, reason, exc_info=True)
        return False
    finally:
        # What the command has printed is in the journal beside the line of its end, and not when the buffer is full.
        sys.stdout.flush()
        close_old_connections()
    logger.info("job.ended command=%r seconds=%.1f", job.command, time.monotonic() - began)
    return True
