from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from neo_site.signin.lockout import unlock


class Command(BaseCommand):
    help = "Lets a user name sign in at once, whatever failed before. Pauses of addresses stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        unlock(name=username)
        self.stdout.write("Unlocked.")
