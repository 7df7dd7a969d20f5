"""Shows which master keys are needed, and forgets one that is not."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from neo_base.access.actors import Actor
from secrets_app.actions.master_keys import MasterKeyInUse, is_named_by_audit, retire_master_key
from secrets_app.crypto.errors import CryptoError
from secrets_app.master_keys import data_keys_in_use, key_provider, standing_of
from secrets_app.models import DataKey, KeyCheckValue, SiteKey

ROW = "{:24} {:12} {:>9} {:>9}  {}"


class Command(BaseCommand):
    help = "Show what each master key is needed for, or retire one that is not needed."

    def add_arguments(self, parser: CommandParser) -> None:
        jobs = parser.add_subparsers(dest="job", required=True, parser_class=CommandParser)
        jobs.add_parser("status", help="Show a line for each master key, never the key itself.")
        retire = jobs.add_parser("retire", help="Forget a master key before its line is deleted from the key file.")
        retire.add_argument("key_id", metavar="ID")
        retire.add_argument(
            "--give-up-audit", action="store_true", help="Give up verifying audit events that carry its MAC."
        )

    def handle(self, *, job: str, **options: Any) -> None:
        try:
            getattr(self, job)(**options)
        except CryptoError as error:
            raise CommandError(str(error)) from None

    def status(self, **_: Any) -> None:
        used: dict[str, dict[str, int]] = defaultdict(dict)
        for key_id, state, count in _counts():
            used[key_id][state] = count
        for key_id in SiteKey.objects.values_list("master_key_id", flat=True):
            used[key_id][DataKey.State.ACTIVE] = used[key_id].get(DataKey.State.ACTIVE, 0) + 1
        self.stdout.write(ROW.format("master key", "is", "active", "retiring", "audit"))
        for key_id in sorted({*used, *KeyCheckValue.objects.values_list("pk", flat=True), *key_provider().key_ids}):
            states = [used[key_id].get(state, 0) for state in (DataKey.State.ACTIVE, DataKey.State.RETIRING)]
            audit = "needed" if is_named_by_audit(key_id) else ""
            self.stdout.write(ROW.format(key_id, standing_of(key_id), *states, audit).rstrip())

    def retire(self, *, key_id: str, give_up_audit: bool, **_: Any) -> None:
        try:
            retire_master_key(actor=Actor.system("keys retire"), key_id=key_id, gives_up_audit=give_up_audit)
        except MasterKeyInUse as error:
            raise CommandError(f"Not retired. {error}") from None
        self.stdout.write("Retired. Delete its line from the key file once no backup that you keep needs it.")


def _counts() -> list[tuple[str, str, int]]:
    rows = data_keys_in_use().order_by().values_list("master_key_id", "state")
    return list(rows.annotate(Count("pk")))
