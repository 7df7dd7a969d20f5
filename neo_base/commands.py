"""Commands that timers run: where the database takes nothing now, as during a failover, they begin again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from neo_base.rest.outages import outage_of, passes, takes_nothing_now

# Longer than a failover takes, so that a timer does not miss its day.
SECONDS = 120.0
LONGEST_PAUSE = 10.0


class PatientCommand(BaseCommand):
    """A command that begins again while the database takes nothing, for as long as `--retry-for` says.

    What it did before has to be done already, or done once more without harm. In the end it raises the error of the
    database.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser: CommandParser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument(
            "--retry-for",
            type=float,
            default=SECONDS,
            metavar="SECONDS",
            help="How long to begin again while the database takes nothing, as in a failover. Default: %(default)s.",
        )
        return parser

    def may_begin_again(self, options: dict[str, Any]) -> bool:
        """Return whether these options allow a second try."""
        return True

    def execute(self, *args: Any, **options: Any) -> Any:
        until = time.monotonic() + options.pop("retry_for", 0.0)
        for number, pause in enumerate(_pauses()):
            try:
                return super().execute(*args, **options)
            except Exception as error:
                if not (passes(error) and self.may_begin_again(options)) or time.monotonic() + pause > until:
                    raise
                reason = outage_of(error)
            if number == 0:
                seconds = until - time.monotonic()
                self.stderr.write(f"The database takes nothing now ({reason}). Trying again for {seconds:.0f} seconds.")
            close_old_connections()
            time.sleep(pause)
        raise AssertionError("The pauses do not end.")


@contextmanager
def as_command_errors(*expected: type[Exception]) -> Iterator[None]:
    """Raise CommandError with the message of an expected error, unless the database takes nothing now."""
    try:
        yield
    except expected as error:
        if takes_nothing_now(error):
            raise
        raise CommandError(str(error)) from None


def _pauses() -> Iterator[float]:
    pause = 0.5
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)
