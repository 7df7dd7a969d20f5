"""The commands `neo login`, `neo logout` and `neo whoami`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from neo_cli.browsers import log_in_by_browser
from neo_cli.connection import choose_url, open_transport
from neo_cli.credentials import CredentialStore, Login
from neo_cli.exits import Exit, Failure
from neo_cli.options import Command, connected, insecure_option, json_option, server_option
from neo_cli.problems import Refusal
from neo_cli.project_file import project_file
from neo_cli.prompts import ask_hidden, require_terminal
from neo_cli.server_urls import normalized_url
from neo_cli.signals import postponed
from neo_cli.text import note, print_json, print_result, printable
from neo_cli.token_sources import TOKEN_VARIABLE, FixedToken, require_token_form
from neo_cli.values import text_of

if TYPE_CHECKING:
    from neo_cli.client import Client, Transport

# The address of a server started with `make run`.
SUGGESTED_SERVER = "http://127.0.0.1:8000"
# The server shows as much of a service token, so that its owner recognises it.
SHOWN_TOKEN_LENGTH = len("neo_sk_") + 5
NO_QUESTIONS = "Give the password with --password-stdin, or a service token with --token-stdin."
ASKS_FOR_CODE = ("second_factor_required", "second_factor_invalid")


@click.command(
    cls=Command,
    examples=["neo login --server https://secrets.example.com", "neo login --token-stdin < token.txt"],
)
@server_option
@insecure_option
@click.option("--no-browser", is_flag=True, help="Print the address of the page and open no browser.")
@click.option("--password", "by_password", is_flag=True, help="Ask for the password here, not in a browser.")
@click.option("--username", "-u", metavar="NAME", help="User name, for a password. Implies --password.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin; a code on line 2.")
@click.option("--token-stdin", is_flag=True, help="Read a service token from stdin and use it from now on.")
@json_option
def login(
    server: str | None,
    insecure_hosts: tuple[str, ...],
    no_browser: bool,
    by_password: bool,
    username: str | None,
    password_stdin: bool,
    token_stdin: bool,
    as_json: bool,
) -> None:
    """Log in to a server.

    Other commands use this server from then on. You approve the login in a
    browser, on any machine. Where the server does not offer that, asks for
    your password, and for the code of your second factor if you have one.
    """
    if password_stdin and token_stdin:
        raise click.UsageError("--password-stdin and --token-stdin both read stdin. Choose one.")
    store = CredentialStore()
    stored = store.load()
    # Whoever sees no question must have named the server: a file that came with some code must not get a password.
    in_file = "" if password_stdin or token_stdin else project_file().server
    url = choose_url(server or in_file or stored.current or _ask_server(), stored, insecure_hosts)
    store.require_writable()
    transport = open_transport(url)
    try:
        if token_stdin:
            entry = _with_token(transport)
        elif by_password or username or password_stdin:
            entry = _with_password(transport, username, password_stdin)
        else:
            entry = _by_browser(transport, may_open=not no_browser)
        entry.insecure_http = bool(insecure_hosts)
        _keep(store, transport, entry)
    finally:
        transport.close()
    who = f" as {entry.username}" if entry.username else ""
    print_result(as_json, {"server": url, "username": entry.username or None}, f"Logged in at {url}{who}.")


@click.command(cls=Command, examples=["neo logout", "neo logout --server https://secrets.example.com"])
@server_option
@json_option
def logout(server: str | None, as_json: bool) -> None:
    """Log out of a server.

    Ends the session at the server and deletes its tokens here. A service token is only
    deleted here: its owner revokes it with `neo tokens revoke`.
    """
    with postponed(), CredentialStore().locked() as stored:
        named = server or project_file().server
        url = normalized_url(named) if named else stored.current
        entry = stored.servers.pop(url, Login())
    if not entry.is_usable:
        raise Failure("You are not logged in at this server, so there is nothing to log out of.", Exit.NOT_FOUND)
    if entry.service_token:
        note("The service token is deleted here but still valid. Its owner revokes it with `neo tokens revoke`.")
    else:
        transport = open_transport(url)
        _revoke(transport, entry)
        transport.close()
    print_result(as_json, {"server": url, "username": entry.username or None}, f"Logged out at {url}.")


@click.command(cls=Command, examples=["neo whoami", "neo whoami --json"])
@json_option
@connected
def whoami(client: Client, as_json: bool) -> None:
    """Show the server, and the user or token in use.

    Asks the server whether the credentials are still valid.
    """
    _require_valid_token(client)
    token = client.token_source.token() if isinstance(client.token_source, FixedToken) else ""
    username = "" if token else CredentialStore().load().servers[client.url].username
    shown = f"{token[:SHOWN_TOKEN_LENGTH]}…" if token.startswith("neo_sk_") else ""
    origin = TOKEN_VARIABLE if os.environ.get(TOKEN_VARIABLE) else "neo login"
    if as_json:
        print_json({"server": client.url, "username": username or None, "token": shown or None, "origin": origin})
    else:
        who = username or (f"service token {shown}" if shown else "another token")
        click.echo(f"{printable(who)} at {client.url}, from {origin}")


def _require_valid_token(client: Client) -> None:
    try:
        client.get("projects", limit=1)
    except Refusal as refusal:
        # 403 means that the token is valid but lacks the scope projects:read.
        if refusal.status != 403:
            raise


def _by_browser(transport: Transport, *, may_open: bool) -> Login:
    require_terminal(NO_QUESTIONS)
    return log_in_by_browser(transport, may_open=may_open) or _with_password(transport, None, from_stdin=False)


def _with_password(transport: Transport, username: str | None, from_stdin: bool) -> Login:
    if from_stdin and not username:
        raise click.UsageError("--password-stdin needs --username. Give both.")
    if not from_stdin:
        require_terminal(NO_QUESTIONS)
        _require_server(transport)
        note(f"Logging in at {transport.url}.")
    name: str = username or click.prompt("User name", err=True)
    password = _stdin_line() if from_stdin else ask_hidden("Password (not shown)")
    pair = _sign_in(transport, {"username": name, "password": password}, from_stdin)
    return Login(username=name, access=pair["access"], refresh=pair["refresh"])


def _sign_in(transport: Transport, credentials: dict[str, str], from_stdin: bool) -> dict[str, str]:
    """Return the pair of tokens. Ask for a second factor's code if the server does, and again after a wrong one."""
    for question in ("Code of your second factor", "Another code: wait for the next one"):
        try:
            return transport.send("POST", "auth/token", body=credentials)  # type: ignore[no-any-return]
        except Refusal as refusal:
            if refusal.problem_code not in ASKS_FOR_CODE or (from_stdin and "code" in credentials):
                raise
            code = _second_line(refusal) if from_stdin else ask_hidden(question)
            credentials = credentials | {"code": code.strip()}
    return transport.send("POST", "auth/token", body=credentials)  # type: ignore[no-any-return]


def _second_line(refusal: Refusal) -> str:
    line = text_of(sys.stdin.buffer.readline(2**14)).strip()
    if not line:
        raise Failure(f"{refusal.message} Send the code on a second line of stdin.", Exit.REFUSED)
    return line


def _require_server(transport: Transport) -> None:
    """Raise Failure unless a server answers, so that nobody types a password for an address with a mistake in it."""
    with suppress(Refusal):
        transport.send("GET", "projects")


def _with_token(transport: Transport) -> Login:
    from neo_cli.client import Client

    token = _stdin_line()
    require_token_form(token, origin="The text on stdin", code=Exit.DATA)
    _require_valid_token(Client(transport, FixedToken(token, origin="stdin")))
    return Login(service_token=token)


def _keep(store: CredentialStore, transport: Transport, entry: Login) -> None:
    """Store the new login, then end the session that it replaces."""
    with postponed():
        with store.locked() as stored:
            former = stored.servers.get(transport.url, Login())
            stored.servers[transport.url] = entry
            stored.current = transport.url
        if former.refresh:
            _revoke(transport, former)


def _revoke(transport: Transport, entry: Login) -> None:
    try:
        transport.send("POST", "auth/token/revoke", body={"refresh": entry.refresh})
    except Refusal:
        # The server does not accept the refresh token, so the session has already ended.
        pass
    except Failure as failure:
        note(f"The session is deleted here but may still be valid at the server. {failure.message}")


def _stdin_line() -> str:
    """Return the first line of stdin, which is UTF-8 whatever the locale is."""
    line = text_of(sys.stdin.buffer.readline(2**14)).rstrip("\r\n")
    if not line:
        raise Failure("stdin is empty. Send the password or token on one line.", Exit.DATA)
    return line


def _ask_server() -> str:
    require_terminal("Give the server with --server URL or in NEO_SERVER.")
    answer: str = click.prompt("Server", default=SUGGESTED_SERVER, err=True)
    return answer
