"""Options that several commands share, and the base classes of commands and groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import click

from neo_cli.completion import project_names, secret_names
from neo_cli.connection import connect
from neo_cli.exits import Failure
from neo_cli.lookups import PROJECT_VARIABLE, place_named_elsewhere
from neo_cli.problems import Refusal
from neo_cli.project_file import project_file
from neo_cli.server_urls import SERVER_VARIABLE
from neo_cli.times import from_now

F = Callable[..., Any]


class Command(click.Command):
    """A command with examples in its help, which end it.

    Its usage error does not quote surplus arguments, since one of them may be a password.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"  {example}\n")

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
limit_option = click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, metavar="NUMBER", help="How many at most."
)
role_type = click.Choice(["viewer", "member", "admin"])
role_option = click.option(
    "--role", type=role_type, default="member", show_default=True, metavar="ROLE", help="One of: viewer, member, admin."
)
yes_option = click.option("--yes", "-y", "is_confirmed", is_flag=True, help="Do not ask for confirmation.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
default_option = click.option(
    "--default/--no-default",
    "is_default",
    default=None,
    help="Available to every task, or only to tasks that select it.",
)


expires_option = click.option(
    "--expires-at", callback=from_now, metavar="TIME", help="When it ends: 2030-01-31T12:00:00Z, or 90d for in 90 days."
)


secret_argument = click.argument("name", shell_complete=secret_names)
project_argument = click.argument("project", shell_complete=project_names)


def project_option(function: F) -> F:
    """Decorate a command: pass the project that options, a variable or `.neo.toml` name as `project`, None for none."""
    return project_option_else("your personal secrets")(function)


def project_option_else(default: str) -> Callable[[F], F]:
    """Return `project_option` for a command that is about `default` if no project is named."""

    def decorate(function: F) -> F:
        def wrapper(*args: Any, project: str | None, is_personal: bool, **options: Any) -> Any:
            return function(*args, project=None if is_personal else project or None, **options)

        meaning = f"{default[0].upper()}{default[1:]}, whatever .neo.toml names."
        personal = click.option("--personal", "is_personal", is_flag=True, help=meaning)
        return _project_option(default)(personal(update_wrapper(wrapper, function)))

    return decorate


def _project_of_the_file() -> str | None:
    context = click.get_current_context(silent=True)
    # While a shell completes, a wrong file is no reason to say anything.
    return None if context and context.resilient_parsing else project_file().project or None


def _project_option(default: str) -> Callable[[F], F]:
    return click.option(
        "--project",
        envvar=PROJECT_VARIABLE,
        default=_project_of_the_file,
        metavar="PROJECT",
        shell_complete=project_names,
        help=f"Project name or id. Default: that of .neo.toml, else {default}.",
    )


def connected(function: F) -> F:
    """Decorate a command: pass a client of the chosen server as its first argument, and close it afterwards."""

    def wrapper(*args: Any, server: str | None, insecure_hosts: tuple[str, ...], **options: Any) -> Any:
        client = connect(server, insecure_hosts)
        try:
            return function(client, *args, **options)
        except Refusal as refusal:
            if refusal.problem_code == "membership_required":
                raise Failure(f"{refusal.message}{place_named_elsewhere()}", refusal.code) from None
            raise
        finally:
            client.transport.close()

    return server_option(insecure_option(update_wrapper(wrapper, function)))
