"""The command `neo init`: a `.neo.toml` for the current folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neo_cli.completion import project_names, secret_names
from neo_cli.exits import Exit, Failure
from neo_cli.lookups import PROJECT_VARIABLE, project_of
from neo_cli.options import Command, connected, json_option
from neo_cli.project_file import FILE_NAME, project_file
from neo_cli.text import note, print_result, printable

if TYPE_CHECKING:
    from neo_cli.client import Client


@click.command(
    cls=Command,
    examples=["neo init --project Robots", "neo init --project Robots --secret DEPLOY_KEY --alias APP_ENV=_APP_ENV"],
)
@click.option(
    "--project",
    envvar=PROJECT_VARIABLE,
    metavar="PROJECT",
    shell_complete=project_names,
    help="Project name or id. Default: your personal secrets.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME",
    shell_complete=secret_names,
    help="Secret that tasks select here.",
)
@click.option("--allow-name", "allow_names", multiple=True, metavar="NAME", help="Name that `neo run` accepts here.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME=VARIABLE", help="Give a secret as another variable.")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@json_option
@connected
def init(
    client: Client,
    project: str | None,
    secrets: tuple[str, ...],
    allow_names: tuple[str, ...],
    aliases: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Let this folder's commands use a server and a project.

    Writes .neo.toml, to be shared with the code: it holds no credential. Options and
    variables win over it.
    """
    path = Path.cwd() / FILE_NAME
    if path.exists() and not force:
        raise Failure(f"{path} exists, so nothing was changed. Edit it, or use --force.", Exit.DATA)
    chosen = project_of(client, project) if project else None
    content: dict[str, Any] = {"server": client.url}
    content |= {"project": chosen["id"]} if chosen else {}
    content |= {"secrets": list(secrets)} if secrets else {}
    content |= {"allow_names": list(allow_names)} if allow_names else {}
    content |= {"aliases": dict(map(_alias, aliases))} if aliases else {}
    _write(path, content, comment=printable(chosen["name"]) if chosen else "")
    whose = f"the project {chosen['name']}" if chosen else "your personal secrets"
    print_result(as_json, {"path": str(path), **content}, f"Commands in this folder now use {whose}, by {FILE_NAME}.")
    if not as_json:
        note("Commit the file. It holds no credential, and must not.")


def _alias(text: str) -> tuple[str, str]:
    name, separator, variable = text.partition("=")
    if not separator:
        raise click.UsageError("--alias takes NAME=VARIABLE, such as APP_ENV=_APP_ENV.")
    return name, variable


def _write(path: Path, content: dict[str, Any], comment: str) -> None:
    """Write the file, and read it as every command will. Raise Failure, and leave no file, if it would be refused."""
    before = path.read_bytes() if path.exists() else None
    try:
        path.write_text("".join(_lines(content, comment)), encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.", Exit.CANNOT_WRITE) from None
    try:
        project_file(path.parent)
    except Failure:
        path.unlink() if before is None else path.write_bytes(before)
        raise


def _lines(content: dict[str, Any], comment: str) -> list[str]:
    """Return the lines. Of these texts, JSON and TOML write the same."""
    lines = [
        f"{key} = {json.dumps(each, ensure_ascii=False)}" + (f"  # {comment}" if key == "project" else "") + "\n"
        for key, each in content.items()
        if key != "aliases"
    ]
    if "aliases" in content:
        lines.append("\n[aliases]\n")
        lines += [f"{json.dumps(name)} = {json.dumps(each)}\n" for name, each in content["aliases"].items()]
    return lines
