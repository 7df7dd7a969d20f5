from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from neo_base.access.actors import Actor
from neo_base.progress import shown
from neo_site.revocation import living_credentials, revoke_everything


class Command(BaseCommand):
    help = (
        "Revoke every credential that this site has issued: sign-in sessions, sessions of the admin, service tokens, "
        "task grants and invitations. Run it after a theft, and on a restored copy that `restore` has not made: it "
        "revives what was revoked since the backup, so no server serves it before. Passwords stay, and everybody has "
        "to sign in again. If it fails, nothing is revoked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Revoke them. Without it they are only counted.")

    def handle(self, *, yes: bool, verbosity: int, **options: Any) -> None:
        self.stdout.write(", ".join(f"{count} {name}" for name, count in living_credentials().items()))
        if not yes:
            raise CommandError("Nothing was revoked. Run the command with --yes to revoke everything.")
        with shown(self.stderr, total=None, what="credentials", verbosity=verbosity) as show:
            revoke_everything(actor=Actor.system("revoke_everything"), progress=show)
        self.stdout.write("Revoked.")
