from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandParser

from neo_base.access.actors import Actor
from neo_site.accounts.passwords import require_change
from neo_site.signin.living_tokens import living_tokens
from secrets_app.actions.credentials import EndReason
from secrets_app.actions.credentials import end_service_tokens as revoke_service_tokens


class Command(changepassword.Command):
    help = "Change a user's password. Ends their sessions and what was made in them; service tokens end on request."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--end-service-tokens", action="store_true", help="End the user's service tokens as well.")
        parser.add_argument(
            "--own", action="store_true", help="The password is your own. Otherwise its user has to choose another one."
        )

    def handle(self, *args: Any, end_service_tokens: bool = False, own: bool = False, **options: Any) -> str:
        # Not in one transaction: it would be open while somebody types.
        options["username"] = options["username"] or getpass.getuser()
        said = str(super().handle(*args, **options))
        user = get_user_model()._default_manager.get_by_natural_key(options["username"])
        if not own:
            require_change(user)
        if end_service_tokens:
            by = Actor.system("changepassword")
            count = revoke_service_tokens(actor=by, user_id=user.pk, reason=EndReason.PASSWORD_CHANGED)
            self.stdout.write(f"Service tokens ended: {count}.")
        for token in living_tokens(user):
            self.stdout.write(f"Lives on: service token {token.pk} {token}")
        return said
