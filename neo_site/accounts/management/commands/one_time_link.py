from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from neo_base.access.actors import Actor
from neo_site.accounts.one_time_links import address_of_site, make_link


class Command(BaseCommand):
    help = (
        "Print a link by which a user chooses a password, once. Hand it to that user and to nobody else: whoever opens "
        "it has the account. It expires, and ends with any other change of the password and with the next sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--base-url", default=address_of_site(), help="The address of the site.")

    def handle(self, *, username: str, base_url: str, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        if user is None:
            raise CommandError("No user has this name. Check the spelling, or add the user with add_user.")
        if not user.is_active:
            raise CommandError("The user is not active, so nobody could sign in. Activate the user in the admin first.")
        self.stdout.write(base_url.rstrip("/") + make_link(actor=Actor.system("one_time_link"), user=user))
