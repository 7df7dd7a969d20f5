"""The command that runs the worker."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from neo_site.worker import JOBS, run, scheduler


class Command(BaseCommand):
    help = (
        "Run the commands that are due each minute, day or week, until SIGTERM. One for a site is enough, and more do "
        "no harm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="List the commands, and when each is due in UTC.")
        what.add_argument("--once", action="store_true", help="Run each of them now, once, and end.")

    def handle(self, *, once: bool, **options: Any) -> None:
        if options["list"]:
            for job in JOBS:
                self.stdout.write(f"{job.due:12}  {job.command}")
        elif once:
            failed = [job.command for job in JOBS if not run(job)]
            if failed:
                raise CommandError(f"Failed: {', '.join(failed)}. The log says why.")
        else:
            self._work()

    def _work(self) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        running = scheduler()
        running.start()
        run(JOBS[0])
        ended.wait()
        # The job at work comes to its end.
        running.shutdown(wait=True)
