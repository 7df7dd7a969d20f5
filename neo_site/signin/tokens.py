"""The tokens of sessions. They hold user (`sub`), session (`sid`), token (`jti`) and times, and nothing else."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID, uuid4

from jwt import ImmatureSignatureError
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from neo_base.access.actors import Credential
from neo_site.signin.backend import token_backend
from neo_site.signin.errors import EarlyToken, InvalidToken

logger = logging.getLogger(__name__)


class SessionToken(Token):
    """A token of a session. Its `str()` is the signed text, which is for the client alone."""

    @classmethod
    def issue(cls, *, session_id: UUID, subject: str, token_id: UUID, expires_at: datetime) -> Self:
        """Return a new token of a session for `subject`, a user's key as text."""
        token = cls()
        token["sid"], token["sub"], token["jti"] = str(session_id), subject, str(token_id)
        token.set_exp(from_time=expires_at, lifetime=expires_at - expires_at)
        return token

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the token in `text` if its form, signature, times and type are right; raise InvalidToken otherwise.

        Costs no query: whether the session is still live is for `session_of` to say.
        """
        try:
            return cls(text)  # type: ignore[arg-type]  # The library means the encoded text.
        except TokenError as error:
            if _is_early(error):
                logger.warning("token.from_the_future: set the clocks of the machines that serve this site, by NTP")
                raise EarlyToken from None
            raise InvalidToken from None

    @property
    def session_id(self) -> UUID:
        return UUID(self["sid"])

    @property
    def token_id(self) -> UUID:
        return UUID(self["jti"])

    @property
    def subject(self) -> str:
        return str(self["sub"])

    @property
    def credential(self) -> Credential:
        """Return how the audit log names this credential: by its session, not by the single token."""
        return Credential("session", str(self.session_id))

    def set_jti(self) -> None:
        self["jti"] = str(uuid4())

    def get_token_backend(self) -> TokenBackend:
        return token_backend()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class AccessToken(SessionToken):
    """A token that authenticates requests, for minutes."""

    token_type = "access"
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME
    signed_in_at: datetime | None = None
    """When its session began: refreshing proves nothing anew. Authentication sets it, as it does the session's end."""
    ends_at: datetime | None = None


class RefreshToken(SessionToken):
    """A token that is exchanged, once, for the next pair."""

    token_type = "refresh"
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


def _is_early(error: BaseException | None) -> bool:
    """Return whether the token was refused for its times alone. Its signature has been verified before them."""
    while error is not None and not isinstance(error, ImmatureSignatureError):
        error = error.__cause__
    return error is not None


@dataclass(frozen=True)
class TokenPair:
    """The signed tokens of a session, for the client alone. Their `repr` shows neither."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
