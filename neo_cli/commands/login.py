"""`neo login`, `neo logout`, `neo whoami`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from neo_cli.addresses import normal_address
from neo_cli.authorities import TOKEN_VARIABLE, FixedToken
from neo_cli.connection import chosen_address, open_transport
from neo_cli.credentials import CredentialStore, Login
from neo_cli.exits import Exit, Failure
from neo_cli.options import Command, connected, insecure_option, json_option, server_option
from neo_cli.problems import Refusal
from neo_cli.prompts import ask_hidden, require_terminal
from neo_cli.signals import postponed
from neo_cli.text import note, print_json, printable

if TYPE_CHECKING:
    from neo_cli.client import Client, Transport

# Where `make run` serves.
SUGGESTED_SERVER = "http://127.0.0.1:8000"
# As much of a service token as the server itself shows, to recognise it by.
SHOWN_OF_A_TOKEN = len("neo_sk_") + 5


@click.command(cls=Command)
@server_option
@insecure_option
@click.option("--username", "-u", metavar="NAME", help="Your user name; asked for when left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin instead of asking.")
@click.option("--token-stdin", is_flag=True, help="Read a service token from stdin, and use it from now on.")
def login(
    server: str | None, insecure_hosts: tuple[str, ...], username: str | None, password_stdin: bool, token_stdin: bool
) -> None:
    """Log in to a server, and make it the one that the other commands use."""
    if password_stdin and token_stdin:
        raise click.UsageError("--password-stdin and --token-stdin both read stdin. Choose one.")
    store = CredentialStore()
    stored = store.load()
    address = chosen_address(server or stored.current or _ask_server(), stored, insecure_hosts)
    transport = open_transport(address)
    try:
        entry = _with_token(transport) if token_stdin else _with_password(transport, username, password_stdin)
        entry.insecure_http = bool(insecure_hosts)
        _keep(store, transport, entry)
    finally:
        transport.close()
    click.echo(f"Logged in at {address}" + (f" as {printable(entry.username)}." if entry.username else "."))


@click.command(cls=Command)
@server_option
def logout(server: str | None) -> None:
    """End the session at the server and forget it here."""
    with postponed(), CredentialStore().locked() as stored:
        address = normal_address(server) if server else stored.current
        entry = stored.servers.pop(address, Login())
    if not entry.is_usable:
        raise Failure("You are not logged in there.", Exit.NOT_FOUND)
    if entry.service_token:
        note("The service token is forgotten here and still good. Revoke it at the server if nothing else uses it.")
    else:
        transport = open_transport(address)
        _revoke(transport, entry)
        transport.close()
    click.echo(f"Logged out at {address}.")


@click.command(cls=Command)
@json_option
@connected
def whoami(client: Client, as_json: bool) -> None:
    """Show who you are at the server, and that it still knows you."""
    _require_known(client)
    token = client.authority.token() if isinstance(client.authority, FixedToken) else ""
    username = "" if token else CredentialStore().load().servers[client.address].username
    shown = f"{token[:SHOWN_OF_A_TOKEN]}…" if token.startswith("neo_sk_") else ""
    origin = TOKEN_VARIABLE if os.environ.get(TOKEN_VARIABLE) else "neo login"
    if as_json:
        print_json({"server": client.address, "username": username or None, "token": shown or None, "origin": origin})
    else:
        who = username or (f"service token {shown}" if shown else "the bearer of a token")
        click.echo(f"{printable(who)} at {client.address}, by {origin}")


def _require_known(client: Client) -> None:
    try:
        client.get("projects", limit=1)
    except Refusal as refusal:
        # A service token without the scope for projects is known all the same.
        if refusal.status != 403:
            raise


def _with_password(transport: Transport, username: str | None, from_stdin: bool) -> Login:
    if not from_stdin:
        require_terminal("give the password with --password-stdin, or a service token with --token-stdin.")
    elif not username:
        raise click.UsageError("--password-stdin needs --username.")
    name: str = username or click.prompt("User name", err=True)
    password = _stdin_line() if from_stdin else ask_hidden("Password (not shown)")
    pair = transport.send("POST", "auth/token", body={"username": name, "password": password})
    return Login(username=name, access=pair["access"], refresh=pair["refresh"])


def _with_token(transport: Transport) -> Login:
    from neo_cli.client import Client

    token = _stdin_line()
    if not token.isascii() or not token.isprintable():
        raise Failure("What came on stdin is not a token.", Exit.DATA)
    _require_known(Client(transport, FixedToken(token, origin="stdin")))
    return Login(service_token=token)


def _keep(store: CredentialStore, transport: Transport, entry: Login) -> None:
    """Store the new login, then end the session that it takes the place of."""
    with postponed():
        with store.locked() as stored:
            former = stored.servers.get(transport.address, Login())
            stored.servers[transport.address] = entry
            stored.current = transport.address
        if former.refresh:
            _revoke(transport, former)


def _revoke(transport: Transport, entry: Login) -> None:
    try:
        transport.send("POST", "auth/token/revoke", body={"refresh": entry.refresh})
    except Refusal:
        # It has ended already.
        pass
    except Failure as failure:
        note(f"The session is forgotten here, and may go on at the server: {failure.message}")


def _stdin_line() -> str:
    line = sys.stdin.readline(2**14).rstrip("\r\n")
    if not line:
        raise Failure("Nothing came on stdin.", Exit.DATA)
    return line


def _ask_server() -> str:
    require_terminal("name the server with --server URL or in NEO_SERVER.")
    answer: str = click.prompt("Server", default=SUGGESTED_SERVER, err=True)
    return answer
