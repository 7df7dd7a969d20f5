"""The commands `neo invitations …`: asking people into a project by e-mail, and answering."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from neo_cli.exits import Exit, Failure
from neo_cli.lookups import project_id_of
from neo_cli.options import Group, connected, json_option, project_argument, role_option, yes_option
from neo_cli.problems import Refusal
from neo_cli.prompts import ask_hidden, confirm, require_terminal
from neo_cli.text import print_json, print_result, print_table
from neo_cli.times import short
from neo_cli.values import text_of

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# As the mail has it, alone or as a part of its link.
TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")
stdin_option = click.option("--stdin", "from_stdin", is_flag=True, help="Read the token or link from stdin.")


@click.group(cls=Group)
def invitations() -> None:
    """Invite people to a project, and answer invitations."""


@invitations.command(
    "create",
    examples=[
        "neo invitations create Robots alice@example.com",
        "neo invitations create Robots bob@example.com --role viewer",
    ],
)
@project_argument
@click.argument("email")
@role_option
@json_option
@connected
def create_invitation(client: Client, project: str, email: str, role: str, as_json: bool) -> None:
    """Invite somebody to a project by e-mail.

    PROJECT is a name or an id. An earlier invitation of the same address ends.
    """
    try:
        made = client.make(_path(client, project), {"email": email, "role": role})
    except Refusal as refusal:
        if refusal.problem_code != "email_off":
            raise
        raise Failure(
            "This site sends no e-mail. Invite them on the site's pages, which show the link once for you to pass on, "
            "or add somebody who has an account: neo projects members add",
            refusal.code,
        ) from None
    sent = "is invited" if made["sent_at"] else "is invited, but the mail could not be sent: try again later"
    print_result(as_json, made, f"{made['email']} {sent}. The invitation is open until {short(made['expires_at'])}.")


@invitations.command("list", examples=["neo invitations list Robots", "neo invitations list Robots --json"])
@project_argument
@json_option
@connected
def list_invitations(client: Client, project: str, as_json: bool) -> None:
    """List the invitations to a project.

    PROJECT is a name or an id.
    """
    rows = list(client.list_all(_path(client, project)))
    if as_json:
        print_json(rows)
    else:
        print_table(("EMAIL", "ROLE", "STATE", "EXPIRES", "ID"), map(_row, rows))


@invitations.command(
    "revoke",
    examples=[
        "neo invitations revoke Robots alice@example.com",
        "neo invitations revoke Robots bob@example.com --yes",
    ],
)
@project_argument
@click.argument("email")
@yes_option
@json_option
@connected
def revoke_invitation(client: Client, project: str, email: str, is_confirmed: bool, as_json: bool) -> None:
    """Take an invitation back that nobody has answered.

    PROJECT is a name or an id.
    """
    path = _path(client, project)
    is_it = {email.casefold()}
    found = [each for each in client.list_all(path) if each["state"] == "open" and each["email"].casefold() in is_it]
    if not found:
        raise Failure(
            "This address has no open invitation. Run `neo invitations list` for the addresses.", Exit.NOT_FOUND
        )
    confirm(f"Revoke the invitation of {found[0]['email']}?", is_confirmed)
    client.delete(f"{path}/{found[0]['id']}")
    print_result(as_json, found[0], f"The invitation of {found[0]['email']} is revoked.")


@invitations.command("accept", examples=["neo invitations accept", "neo invitations accept --stdin < mail.txt"])
@stdin_option
@json_option
@connected
def accept_invitation(client: Client, from_stdin: bool, as_json: bool) -> None:
    """Accept an invitation, and become a member of its project.

    Asks for the token, or the link, in the mail.
    """
    project = client.post("invitations/accept", {"token": _token(from_stdin)})["project"]
    print_result(as_json, project, f"You are now a member of {project['name']}, with the role {project['role']}.")


@invitations.command("decline", examples=["neo invitations decline", "neo invitations decline --stdin < mail.txt"])
@stdin_option
@json_option
@connected
def decline_invitation(client: Client, from_stdin: bool, as_json: bool) -> None:
    """Decline an invitation.

    Asks for the token, or the link, in the mail.
    """
    client.post("invitations/decline", {"token": _token(from_stdin)})
    print_result(as_json, {"state": "declined"}, "The invitation is declined.")


def _token(from_stdin: bool) -> str:
    """Return the token from what was pasted or sent: the last text that looks like one, as in a link."""
    if from_stdin:
        text = text_of(sys.stdin.buffer.read(2**16))
    else:
        require_terminal("Give the token or the link with --stdin.")
        text = ask_hidden("Token or link from the mail (not shown)")
    found = TOKEN.findall(text)
    if not found:
        raise Failure("This contains no invitation token. Give the token or the link of the mail.", Exit.DATA)
    return str(found[-1])


def _path(client: Client, project: str) -> str:
    return f"projects/{project_id_of(client, project)}/invitations"


def _row(invitation: Json) -> tuple[str, ...]:
    return (
        invitation["email"],
        invitation["role"],
        invitation["state"],
        short(invitation["expires_at"]),
        invitation["id"],
    )
