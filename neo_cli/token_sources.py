"""Sources of the token for a request: `NEO_TOKEN`, a stored service token, or a login session that renews itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neo_cli.credentials import CredentialStore, Login
from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.signals import postponed

if TYPE_CHECKING:
    from neo_cli.client import Transport

TOKEN_VARIABLE = "NEO_TOKEN"
# Visible ASCII without quotes. Those come with a file that was written for a shell and read by something else.
TOKEN_FORM = re.compile(r"[!#-&(-~]+")


def require_token_form(text: str, *, origin: str, code: Exit) -> None:
    """Raise Failure, with the `origin` of the text and what is wrong with it, if it cannot be a token."""
    if TOKEN_FORM.fullmatch(text):
        return
    if re.search(r"[\r\n]", text):
        trouble = "a line break"
    elif re.search(r"\s", text):
        trouble = "a blank"
    else:
        trouble = "a quote or a control character" if text.isascii() else "a character outside of ASCII"
    raise Failure(
        f"{origin} is not a token: it contains {trouble}. Give the token alone, on one line, without quotes.", code
    )


# However short of time a command is: with the answer, the session would be lost.
REFRESH_SECONDS = 30.0


class FixedToken:
    """A token that cannot be renewed; `origin` says where the user put it."""

    def __init__(self, token: str, *, origin: str) -> None:
        self._token = token
        self.origin = origin

    def token(self) -> str:
        return self._token

    def renew(self, transport: Transport) -> None:
        raise Failure(
            f"{transport.url} refused the token from {self.origin}: it is mistyped, revoked or expired. "
            "Create a new token.",
            Exit.REFUSED,
        )


class Session:
    """A login session. Its access token lasts minutes; each refresh token buys one new pair of tokens."""

    def __init__(self, store: CredentialStore, url: str, login: Login) -> None:
        self._store = store
        self._url = url
        self._access = login.access

    def token(self) -> str:
        return self._access

    def renew(self, transport: Transport) -> None:
        """Use the tokens that another process stored since, or get a new pair from the server and store it.

        Postpone signals meanwhile: between the server's answer and the stored file, the session exists only in memory.
        """
        with postponed(), self._store.locked() as stored:
            login = stored.servers.get(self._url, Login())
            if login.is_usable and login.access != self._access:
                self._access = login.access
                return
            ended = not login.refresh or not self._refresh(transport, login)
            if ended:
                login.access = login.refresh = ""
        if ended:
            raise Failure(
                f"Your session at {self._url} has ended. Log in again: neo login --server {self._url}", Exit.REFUSED
            )

    @contextmanager
    def replaced_by(self) -> Iterator[Callable[[str, str], None]]:
        """Yield a function that stores the tokens of the session which takes the place of this one.

        Other processes wait meanwhile, and signals: between the server's answer and the stored file, the new session
        exists only in memory.
        """
        with postponed(), self._store.locked() as stored:
            login = stored.servers.get(self._url, Login())

            def keep(access: str, refresh: str) -> None:
                login.access, login.refresh = access, refresh
                self._access = access

            yield keep

    def _refresh(self, transport: Transport, login: Login) -> bool:
        try:
            pair = transport.send(
                "POST", "auth/token/refresh", body={"refresh": login.refresh}, seconds=REFRESH_SECONDS
            )
        except Refusal as refusal:
            if refusal.status != 401:
                raise
            return False
        login.access, login.refresh = pair["access"], pair["refresh"]
        self._access = login.access
        return True
