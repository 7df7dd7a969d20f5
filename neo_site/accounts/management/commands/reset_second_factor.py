from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from neo_base.transactions import atomic


class Command(BaseCommand):
    help = "Remove every second factor of a user who has lost theirs, recovery codes included. The password stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        if user is None:
            raise CommandError("No user has this name. Check the spelling.")
        removed, _ = atomic(Authenticator.objects.filter(user=user).delete)()
        if not removed:
            raise CommandError("The user has no second factor, so nothing was removed.")
        self.stdout.write(f"Removed: {removed}.")
