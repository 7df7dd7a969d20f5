"""The commands `neo password` and `neo sessions …`: one's own account."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from neo_cli.exits import Exit, Failure
from neo_cli.options import Command, Group, connected, json_option, yes_option
from neo_cli.prompts import ask_hidden, confirm, require_terminal
from neo_cli.text import note, print_json, print_result, print_table
from neo_cli.times import short
from neo_cli.token_sources import Session
from neo_cli.values import text_of

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

MAX_LINE_BYTES = 2**14
# What a browser says of itself would make the table three times as wide.
MAX_CLIENT = 40


@click.command(cls=Command, examples=["neo password", "neo password --end-tokens"])
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the current password and, on line 2, the new one.")
@click.option("--end-tokens", is_flag=True, help="Revoke your service tokens, too.")
@json_option
@connected
def password(client: Client, from_stdin: bool, end_tokens: bool, as_json: bool) -> None:
    """Change your password.

    All your other sessions end, in browsers too. You stay logged in here.
    """
    session = _session(client)
    # Here, because it may renew the session, which nothing can while its tokens are being replaced.
    client.get("user")
    current, new = _passwords_of_stdin() if from_stdin else _asked_passwords()
    body = {"current_password": current, "new_password": new, "end_service_tokens": end_tokens}
    with session.replaced_by() as keep:
        answer = client.transport.send("POST", "user/password", token=session.token(), body=body)
        keep(answer.pop("access"), answer.pop("refresh"))
    if answer["service_tokens"] and not as_json:
        note("These service tokens are still valid: " + ", ".join(each["name"] for each in answer["service_tokens"]))
    print_result(as_json, answer, "Your password is changed, and your other sessions have ended.")


@click.group(cls=Group)
def sessions() -> None:
    """List and end your sessions, those of browsers included."""


@sessions.command("list", examples=["neo sessions list", "neo sessions list --json"])
@json_option
@connected
def list_sessions(client: Client, as_json: bool) -> None:
    """List your live sessions, newest first."""
    _session(client)
    rows = client.get("user/sessions")["results"]
    if as_json:
        print_json(rows)
    else:
        print_table(("ID", "KIND", "SINCE", "EXPIRES", "CLIENT", "NOTES"), map(_row, rows))


@sessions.command(
    "end", examples=["neo sessions end --others", "neo sessions end 4c8f0a3e-5d0b-4f7e-8a55-0c1f2e3d4b5a --yes"]
)
@click.argument("session_id", metavar="[ID]", required=False)
@click.option("--others", is_flag=True, help="End all but the one of this login.")
@yes_option
@json_option
@connected
def end_session(client: Client, session_id: str | None, others: bool, is_confirmed: bool, as_json: bool) -> None:
    """End one of your sessions, or all others.

    ID is one of `neo sessions list`. Task grants that were made in it end, too.
    """
    if bool(session_id) == others:
        raise click.UsageError("Give either ID or --others.")
    _session(client)
    rows = client.get("user/sessions")["results"]
    ended = [each for each in rows if (not each["is_current"] if others else each["id"] == session_id)]
    if not ended and not others:
        raise Failure("You have no such session. Run `neo sessions list` for the ids.", Exit.NOT_FOUND)
    confirm(f"End {len(ended)} session{'s' * (len(ended) != 1)}?", is_confirmed)
    client.delete("user/sessions" if others else f"user/sessions/{session_id}")
    print_result(as_json, ended, f"Sessions ended: {len(ended)}.")


def _session(client: Client) -> Session:
    """Return the session of the login. Raise Failure for a token, which has no account of its own."""
    if isinstance(client.token_source, Session):
        return client.token_source
    raise Failure("This is for a login, not for a token. Unset NEO_TOKEN, and log in with neo login.", Exit.REFUSED)


def _asked_passwords() -> tuple[str, str]:
    require_terminal("Give both passwords with --stdin, one on each line.")
    current, new = ask_hidden("Current password (not shown)"), ask_hidden("New password (not shown)")
    if new != ask_hidden("New password again (not shown)"):
        raise Failure("The two new passwords differ, so nothing was changed. Try again.", Exit.DATA)
    return current, new


def _passwords_of_stdin() -> tuple[str, str]:
    current, new = (text_of(sys.stdin.buffer.readline(MAX_LINE_BYTES)).rstrip("\r\n") for _ in range(2))
    if not (current and new):
        raise Failure("Send the current password and, on a second line, the new one.", Exit.DATA)
    return current, new


def _row(session: Json) -> tuple[str, ...]:
    client = " ".join(text for text in (session["client_address"], _shortened(session["client"])) if text)
    notes = "this login" if session["is_current"] else ""
    return session["id"], session["kind"], short(session["created_at"]), short(session["expires_at"]), client, notes


def _shortened(client: str) -> str:
    """Return what a browser or program says that it is, as far as a column of a table takes it."""
    return client if len(client) <= MAX_CLIENT else client[: MAX_CLIENT - 1] + "…"
