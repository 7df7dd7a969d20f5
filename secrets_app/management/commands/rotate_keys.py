"""Wraps the data keys under the active master key and, on request, replaces them. Prints no value."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.commands import as_command_errors
from neo_base.progress import shown
from secrets_app.actions.data_keys import (
    Resealed,
    data_keys_to_renew,
    destroy_data_keys,
    renew_data_keys,
    reseal_secrets,
    retiring_data_keys,
    values_to_reseal,
)
from secrets_app.actions.master_keys import BATCH, data_keys_to_rewrap, rewrap_data_keys, site_keys_to_rewrap
from secrets_app.crypto.errors import CryptoError
from secrets_app.errors import AuditUnavailable, KeyUnavailable
from secrets_app.management.moments import read_moment
from secrets_app.master_keys import key_provider

ACTOR = Actor.system("rotate_keys")
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Wrap every data key under the active master key, the first in the key file, while the site runs. With "
        "--data-keys, also replace the data keys. Can be stopped and run again at any time. Exits with 1 while "
        "anything is left that another run would not do by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Count what is left to do, and change nothing.")
        parser.add_argument("--batch-size", type=int, default=BATCH, help="Rows per transaction.")
        parser.add_argument(
            "--data-keys", action="store_true", help="Also replace the data keys and seal all values anew."
        )
        parser.add_argument(
            "--before",
            type=read_moment,
            metavar="WHEN",
            help="Replace only data keys made before this: 2026-01-31, or with a time.",
        )
        parser.add_argument(
            "--grace",
            type=int,
            default=10,
            metavar="SECONDS",
            help="Wait for running reads before keys are destroyed. Default: 10.",
        )

    def handle(
        self, *, check: bool, batch_size: int, data_keys: bool, before: datetime | None, grace: int, **options: Any
    ) -> None:
        self._shown = partial(shown, self.stderr, verbosity=options["verbosity"])
        now = timezone.now()
        if batch_size < 1 or grace < 0:
            raise CommandError("--batch-size must be at least 1 and --grace at least 0.")
        if before is not None and (before > now or not data_keys):
            raise CommandError("--before needs a time in the past, and goes with --data-keys.")
        with as_command_errors(CryptoError, KeyUnavailable, AuditUnavailable):
            unreadable = set() if check else self._rotate(batch_size, data_keys, before or now, grace)
            left = _left(data_keys, before, check=check)
        if unreadable:
            raise CommandError(
                f"These do not open and were left unchanged: {_some(unreadable)}. Put back the master keys that "
                "`manage.py keys status` calls missing. If none is missing, restore the damaged rows from a backup."
            )
        if left:
            raise CommandError(f"Left to do: {', '.join(left)}. Run rotate_keys{' again' * (not check)}.")
        if (
            not check
            and data_keys
            and (later := retiring_data_keys().count() + data_keys_to_renew(before or now).count())
        ):
            # Writers hold them. That happens on any busy site, and is no reason to call anybody.
            self.stdout.write(f"Left to the next run, because they were in use: {later} former data keys.")
            return
        self.stdout.write("Nothing is left to do.")

    def _rotate(self, batch_size: int, data_keys: bool, before: datetime, grace: int) -> set[UUID]:
        with self._shown(total=data_keys_to_rewrap().count(), what="data keys") as show:
            rewrapped = rewrap_data_keys(actor=ACTOR, batch_size=batch_size, progress=show)
        self.stdout.write(f"Wrapped by {key_provider().active_key_id!a}: {rewrapped.count}.")
        return rewrapped.unreadable | (self._replace(batch_size, before, grace) if data_keys else set())

    def _replace(self, batch_size: int, before: datetime, grace: int) -> set[UUID]:
        renewed = renew_data_keys(actor=ACTOR, before=before, batch_size=batch_size)
        self.stdout.write(f"New data keys: {renewed}.")
        resealed = self._reseal(batch_size)
        self.stdout.write(f"Versions sealed anew: {resealed.count}.")
        if retiring_data_keys().exists():
            # A process that has just read a row still has to open it, and a writer may have chosen a former key.
            time.sleep(grace)
            resealed = self._look_again(batch_size, before)
        self.stdout.write(f"Former data keys destroyed: {destroy_data_keys(actor=ACTOR)}.")
        return resealed.unreadable

    def _look_again(self, batch_size: int, before: datetime) -> Resealed:
        """Do what writers have kept from the first pass, or stored meanwhile."""
        renewed = renew_data_keys(actor=ACTOR, before=before, batch_size=batch_size)
        resealed = self._reseal(batch_size)
        if renewed or resealed.count:
            self.stdout.write(f"Meanwhile: new data keys {renewed}, versions sealed anew {resealed.count}.")
        return resealed

    def _reseal(self, batch_size: int) -> Resealed:
        with self._shown(total=values_to_reseal(), what="values") as show:
            return reseal_secrets(actor=ACTOR, batch_size=batch_size, progress=show)


def _left(data_keys: bool, before: datetime | None, *, check: bool) -> list[str]:
    """Return what is left to do; after a run, without what the next run does by itself."""
    counts = {
        "data keys under a former master key": data_keys_to_rewrap().count(),
        "keys of the site under a former master key": site_keys_to_rewrap().count(),
    }
    if check and before is not None and data_keys:
        counts["data keys to replace"] = data_keys_to_renew(before).count()
    if check and data_keys:
        counts["former data keys"] = retiring_data_keys().count()
    return [f"{count} {what}" for what, count in counts.items() if count]


def _some(ids: Iterable[UUID]) -> str:
    texts = sorted(str(each) for each in ids)
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else "")
