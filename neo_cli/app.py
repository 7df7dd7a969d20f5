"""The tree of commands. Each is imported when it is asked for, so that `neo --help` need not wait for HTTP."""

from __future__ import annotations

from importlib import import_module, metadata

import click

# Where each command is: `module:function`.
COMMANDS = {
    "login": "neo_cli.commands.login:login",
    "logout": "neo_cli.commands.login:logout",
    "whoami": "neo_cli.commands.login:whoami",
    "run": "neo_cli.commands.run:run",
    "env": "neo_cli.commands.env:env",
    "explain": "neo_cli.commands.explain:explain_selection",
    "secrets": "neo_cli.commands.secrets:secrets",
    "projects": "neo_cli.commands.projects:projects",
}


class LazyGroup(click.Group):
    """A group whose commands are in `COMMANDS`."""

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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def neo() -> None:
    """Keep secrets on a server of Neo Secrets, and run commands with them.

    Values go in and do not come back, but to the commands that `neo run` starts; in the output of these, each value
    is replaced by its reference.
    """
