"""The connection to one server, chosen from options, environment variables and stored credentials."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from neo_cli.credentials import CredentialStore, Login, Stored
from neo_cli.exits import Exit, Failure
from neo_cli.project_file import project_file
from neo_cli.server_urls import normalized_url, refuse_plain_http
from neo_cli.token_sources import TOKEN_VARIABLE, FixedToken, Session, require_token_form

if TYPE_CHECKING:
    from neo_cli.client import Client, TokenSource, Transport


def connect(server: str | None, insecure_hosts: Collection[str] = (), seconds: float | None = None) -> Client:
    """Return a client of `server`, of that in `.neo.toml`, or of the one that was logged in to last. Send nothing yet.

    `seconds` limits each network step; by default, it is the patience of a command.
    `NEO_TOKEN` takes precedence over stored credentials. Raise Failure if there is no server or no login.
    """
    from neo_cli.client import Client

    token = os.environ.get(TOKEN_VARIABLE, "")
    stored = Stored() if token and server else CredentialStore().load()
    # A token goes only where the user sends it: a file that came with some code must not say where.
    url = choose_url(server or ("" if token else project_file().server), stored, insecure_hosts)
    token_source = _token_source(url, token, stored)
    return Client(open_transport(url, seconds), token_source)


def open_transport(url: str, seconds: float | None = None) -> Transport:
    # Importing httpx takes most of the start-up time, so only commands that send requests import it.
    from neo_cli.client import Transport

    return Transport(url, seconds)


def choose_url(server: str | None, stored: Stored, insecure_hosts: Collection[str]) -> str:
    """Return the normalized URL of `server`, or of the server that was logged in to last.

    Raise Failure if there is neither, or if the URL is plain http to a host that nobody accepted.
    """
    url = normalized_url(server) if server else stored.current
    if not url:
        raise Failure(
            "No server is known yet. Log in with neo login --server https://…, or set NEO_SERVER and NEO_TOKEN.",
            Exit.CONFIGURATION,
        )
    if not stored.servers.get(url, Login()).insecure_http:
        refuse_plain_http(url, insecure_hosts)
    return url


def _token_source(url: str, token: str, stored: Stored) -> TokenSource:
    if token:
        require_token_form(token, origin=TOKEN_VARIABLE, code=Exit.CONFIGURATION)
        return FixedToken(token, origin=TOKEN_VARIABLE)
    login = stored.servers.get(url, Login())
    store = CredentialStore()
    if login.service_token:
        return FixedToken(login.service_token, origin=str(store.path))
    if login.refresh:
        return Session(store, url, login)
    if login.in_keyring:
        raise Failure(
            f"The keyring gives no tokens for {url}. Unlock it, or log in again: neo login --server {url}", Exit.REFUSED
        )
    raise Failure(f"You are not logged in at {url}. Log in: neo login --server {url}", Exit.REFUSED)
