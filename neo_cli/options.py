"""Options that several commands share, and the base classes of commands and groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from neo_cli.connection import connect
from neo_cli.lookups import PROJECT_VARIABLE
from neo_cli.server_urls import SERVER_VARIABLE

F = Callable[..., Any]


class Command(click.Command):
    """A command whose usage error does not quote surplus arguments, since one of them may be a password."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            ctx.fail("Too many arguments.")
        return rest


class Group(click.Group):
    """A group that lists its commands in the order in which they were added."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


server_option = click.option(
    "--server", envvar=SERVER_VARIABLE, metavar="URL", help="Server URL. Default: the server you last logged in to."
)
insecure_option = click.option(
    "--insecure-http",
    "insecure_hosts",
    envvar="NEO_INSECURE_HTTP",
    multiple=True,
    metavar="HOST",
    help="Allow plain http to HOST. Anyone on the network can then read passwords and values.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
project_option = click.option(
    "--project", envvar=PROJECT_VARIABLE, metavar="PROJECT", help="Project name or id. Default: your personal secrets."
)
default_option = click.option(
    "--default/--no-default",
    "is_default",
    default=None,
    help="Available to every task, or only to tasks that select it.",
)


def connected(function: F) -> F:
    """Decorate a command: pass a client of the chosen server as its first argument, and close it afterwards."""

    def wrapper(*args: Any, server: str | None, insecure_hosts: tuple[str, ...], **options: Any) -> Any:
        client = connect(server, insecure_hosts)
        try:
            return function(client, *args, **options)
        finally:
            client.transport.close()

    return server_option(insecure_option(update_wrapper(wrapper, function)))
