"""The group `neo secrets`: its commands in the order in which people need them."""

from __future__ import annotations

import click

from neo_cli.commands.secrets.ending import delete_secret, promote_secret
from neo_cli.commands.secrets.importing import import_secrets
from neo_cli.commands.secrets.placing import copy_secret, move_secret, rename_secret
from neo_cli.commands.secrets.reading import list_secrets, list_uses, show_secret
from neo_cli.commands.secrets.setting import edit_secret, set_secret
from neo_cli.commands.secrets.versions import list_versions, restore_version
from neo_cli.options import Group

READING = {"get", "read", "reveal", "view", "cat", "print"}


class SecretsGroup(Group):
    """The group, which tells whoever wants to read a value where it went. Click would suggest to set it instead."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in READING:
            ctx.fail(
                f"There is no command {args[0]!r}: a stored value is never shown again, not even to you, so that "
                "whoever gets hold of a login reads no values. Use `neo run` to give it to a command, `neo env` to "
                "write it to a file, and `neo secrets show` to see everything but the value."
            )
        return super().resolve_command(ctx, args)


@click.group(cls=SecretsGroup)
def secrets() -> None:
    """Store secrets, change them, move them and delete them."""


for _command in (
    list_secrets,
    show_secret,
    set_secret,
    edit_secret,
    import_secrets,
    list_versions,
    restore_version,
    list_uses,
    rename_secret,
    move_secret,
    copy_secret,
    promote_secret,
    delete_secret,
):
    secrets.add_command(_command)
