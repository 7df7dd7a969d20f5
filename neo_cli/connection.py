"""From options, environment and stored credentials to a client of one server."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from neo_cli.addresses import normal_address, refuse_plain_http
from neo_cli.authorities import TOKEN_VARIABLE, FixedToken, Session
from neo_cli.credentials import CredentialStore, Login, Stored
from neo_cli.exits import Exit, Failure

if TYPE_CHECKING:
    from neo_cli.client import Authority, Client, Transport


def connect(server: str | None, insecure_hosts: Collection[str] = ()) -> Client:
    """A client of `server`, or of the one that was logged in to last. `NEO_TOKEN` goes before what is stored.

    Raises Failure where there is no server or no login. Sends nothing yet.
    """
    from neo_cli.client import Client

    token = os.environ.get(TOKEN_VARIABLE, "")
    store = CredentialStore()
    stored = Stored() if token and server else store.load()
    address = chosen_address(server, stored, insecure_hosts)
    return Client(open_transport(address), _authority(address, token, store, stored))


def open_transport(address: str) -> Transport:
    # httpx takes longer to load than all else, so it is loaded when a command is about to use it.
    from neo_cli.client import Transport

    return Transport(address)


def chosen_address(server: str | None, stored: Stored, insecure_hosts: Collection[str]) -> str:
    """The address to talk to, safe to talk to."""
    address = normal_address(server) if server else stored.current
    if not address:
        raise Failure(
            "No server is known yet. Log in: neo login --server https://…; or set NEO_SERVER and NEO_TOKEN.",
            Exit.CONFIGURATION,
        )
    if not stored.servers.get(address, Login()).insecure_http:
        refuse_plain_http(address, insecure_hosts)
    return address


def _authority(address: str, token: str, store: CredentialStore, stored: Stored) -> Authority:
    if token:
        return FixedToken(token, origin=TOKEN_VARIABLE)
    login = stored.servers.get(address, Login())
    if login.service_token:
        return FixedToken(login.service_token, origin=str(store.path))
    if login.refresh:
        return Session(store, address, login)
    raise Failure(f"You are not logged in at {address}. Log in: neo login --server {address}", Exit.REFUSED)
