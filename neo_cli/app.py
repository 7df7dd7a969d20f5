"""The tree of commands. A command's module is imported when the command is used, so that help does not load HTTP."""

from __future__ import annotations

from importlib import import_module, metadata

import click

# Each command as `module:function`, in the order in which people need them.
COMMANDS = {
    "login": "neo_cli.commands.login:login",
    "init": "neo_cli.commands.init:init",
    "secrets": "neo_cli.commands.secrets:secrets",
    "run": "neo_cli.commands.run:run",
    "explain": "neo_cli.commands.explain:explain_selection",
    "env": "neo_cli.commands.env:env",
    "projects": "neo_cli.commands.projects:projects",
    "invitations": "neo_cli.commands.invitations:invitations",
    "tokens": "neo_cli.commands.tokens:tokens",
    "audit": "neo_cli.commands.audit:audit",
    "whoami": "neo_cli.commands.login:whoami",
    "password": "neo_cli.commands.account:password",
    "sessions": "neo_cli.commands.account:sessions",
    "logout": "neo_cli.commands.login:logout",
}


class LazyGroup(click.Group):
    """A command group that imports the commands in `COMMANDS` on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"neo {_version()}")
        ctx.exit()


def _version() -> str:
    try:
        return metadata.version("neo-secrets")
    except metadata.PackageNotFoundError:
        return "from a checkout"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def neo() -> None:
    """Store secrets on a Neo Secrets server, and run commands with them.

    A stored value is never shown again, only a mask of it. `neo run` gives values to
    the command that it starts and replaces them in the command's output. `neo env`
    is the one command that prints values.
    """
