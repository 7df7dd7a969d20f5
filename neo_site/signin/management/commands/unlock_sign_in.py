from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_site.signin.lockout import unlock
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


class Command(BaseCommand):
    help = "Let a user name sign in at once, however often it failed. Pauses of client addresses stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        unlock(name=username)
        user = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        # A name that nobody has is not written down: it may be a password in the wrong place.
        subject = Subject.of_user(user) if user else Subject("user")
        owner = Owner(user_id=user.pk) if user else None
        record("sign_in.unlocked", actor=Actor.system("unlock_sign_in"), subject=subject, owner=owner)
        self.stdout.write("Unlocked.")
