from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from neo_site.accounts.one_time_links import address_of_site, make_link
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


class Command(BaseCommand):
    help = "Add a user without a password, and print a link by which that user chooses one, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="", help="The user's e-mail address. Invitations go there.")
        parser.add_argument("--base-url", default=address_of_site(), help="The address of the site.")

    def handle(self, *, username: str, email: str, base_url: str, **options: Any) -> None:
        self.stdout.write(base_url.rstrip("/") + self._add(username, email))

    @atomic
    def _add(self, username: str, email: str) -> str:
        """Add the user, and return the path of the link. Raises CommandError."""
        users, actor = get_user_model(), Actor.system("add_user")
        if users._default_manager.filter(username__iexact=username).exists():
            raise CommandError("A user has this name already. Choose another one.")
        user = users(username=username, email=email)
        user.set_unusable_password()
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.save()
        record("user.created", actor=actor, subject=Subject.of_user(user), owner=Owner(user_id=user.pk))
        return make_link(actor=actor, user=user)
