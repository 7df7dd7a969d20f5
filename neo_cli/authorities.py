"""Where the token of a request comes from: `NEO_TOKEN`, a stored service token, or a session that renews itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neo_cli.credentials import CredentialStore, Login
from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.signals import postponed

if TYPE_CHECKING:
    from neo_cli.client import Transport

TOKEN_VARIABLE = "NEO_TOKEN"


class FixedToken:
    """A token that nothing can renew."""

    def __init__(self, token: str, *, origin: str) -> None:
        self._token = token
        self.origin = origin

    def token(self) -> str:
        return self._token

    def renew(self, transport: Transport) -> None:
        raise Failure(
            f"{transport.address} does not take the token from {self.origin}: it is misspelt, revoked or expired. "
            "Make a new one.",
            Exit.REFUSED,
        )


class Session:
    """The session of a login. Its access token lasts minutes; the refresh token gives the next pair, once."""

    def __init__(self, store: CredentialStore, address: str, login: Login) -> None:
        self._store = store
        self._address = address
        self._access = login.access

    def token(self) -> str:
        return self._access

    def renew(self, transport: Transport) -> None:
        """Take the pair that another process got meanwhile, or get the next one and store it.

        Signals wait meanwhile: between the server's answer and our file the session hangs by a thread.
        """
        with postponed(), self._store.locked() as stored:
            login = stored.servers.get(self._address, Login())
            if login.is_usable and login.access != self._access:
                self._access = login.access
                return
            ended = not login.refresh or not self._refresh(transport, login)
            if ended:
                login.access = login.refresh = ""
        if ended:
            raise Failure(
                f"Your login at {self._address} has ended. Log in again: neo login --server {self._address}",
                Exit.REFUSED,
            )

    def _refresh(self, transport: Transport, login: Login) -> bool:
        try:
            pair = transport.send("POST", "auth/token/refresh", body={"refresh": login.refresh})
        except Refusal as refusal:
            if refusal.status != 401:
                raise
            return False
        login.access, login.refresh = pair["access"], pair["refresh"]
        self._access = login.access
        return True
