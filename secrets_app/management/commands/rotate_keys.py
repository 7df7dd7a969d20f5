"""Wrap the data keys under the active master key. No value is opened, and none sealed anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.actors import Actor
from secrets_app import key_actions
from secrets_app.crypto import CryptoError
from secrets_app.keys import key_provider

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Wraps every data key under the active master key, the first of the key file, while the site runs. Safe to "
        "stop and to run again at any time; ends with 1 while a data key is left under a former one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only count what is left to do.")
        parser.add_argument("--batch-size", type=int, default=key_actions.BATCH, help="Data keys a transaction.")

    def handle(self, *, check: bool, batch_size: int, **options: Any) -> None:
        if batch_size < 1:
            raise CommandError("--batch-size takes a number from 1.")
        try:
            if not check:
                self._rewrap(batch_size)
            left = key_actions.data_keys_to_rewrap().count()
        except CryptoError as error:
            raise CommandError(str(error)) from None
        if left:
            raise CommandError(f"Data keys under a former master key: {left}. Run rotate_keys{' again' * (not check)}.")
        self.stdout.write("No data key is under a former master key.")

    def _rewrap(self, batch_size: int) -> None:
        done = key_actions.rewrap_data_keys(actor=Actor.system("rotate_keys"), batch_size=batch_size)
        self.stdout.write(f"Wrapped by {key_provider().active_key_id!a}: {done.count}.")
        if done.unreadable:
            ids = ", ".join(str(each) for each in sorted(done.unreadable)[:SHOWN])
            more = f" and {len(done.unreadable) - SHOWN} more" if len(done.unreadable) > SHOWN else ""
            raise CommandError(
                f"These data keys do not open, and are as they were: {ids}{more}. Put back the master keys that "
                "`manage.py keys status` calls missing; else their rows are damaged: restore them from a backup."
            )
