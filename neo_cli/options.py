"""Options that several commands share, and the base of every command."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from neo_cli.connection import connect

F = Callable[..., Any]


class Command(click.Command):
    """A command that does not repeat arguments too many in its complaint: one of them may be a password."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            ctx.fail("There are more arguments than this command takes.")
        return rest


class Group(click.Group):
    command_class = Command


server_option = click.option(
    "--server", envvar="NEO_SERVER", metavar="URL", help="The server; else the one that was logged in to last."
)
insecure_option = click.option(
    "--insecure-http",
    "insecure_hosts",
    envvar="NEO_INSECURE_HTTP",
    multiple=True,
    metavar="HOST",
    help="Talk plain http to this host, which shows everything to the network.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
project_option = click.option(
    "--project", envvar="NEO_PROJECT", metavar="PROJECT", help="A project, by id or name; else what is personal."
)
default_option = click.option(
    "--default/--no-default", "is_default", default=None, help="Given to every task, or to those only that select it."
)


def connected(function: F) -> F:
    """Give the command a client of the chosen server as its first argument."""

    def wrapper(*args: Any, server: str | None, insecure_hosts: tuple[str, ...], **options: Any) -> Any:
        client = connect(server, insecure_hosts)
        try:
            return function(client, *args, **options)
        finally:
            client.transport.close()

    return server_option(insecure_option(update_wrapper(wrapper, function)))
