"""The ways in which sign-in refuses. None tells which check failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import AuthenticationFailed

from neo_base.rest.errors import Unavailable
from secrets_app.owners import Owner

if TYPE_CHECKING:
    from neo_site.signin.models import Session


class InvalidCredentials(AuthenticationFailed):
    """401: the same for an unknown user, a wrong password and an inactive user."""

    default_detail = "The user name or the password is wrong."
    default_code = "invalid_credentials"
    is_recorded = True
    """`records.py` hears of it from Django."""


class InvalidToken(AuthenticationFailed):
    """401: the token is malformed, forged, expired or of the wrong type, or its session has ended."""

    default_detail = "The token is not valid, or no longer. Sign in again."
    default_code = "invalid_token"

    def __init__(self, session: Session | None = None) -> None:
        """With the session that has ended, for the record; the answer does not tell."""
        super().__init__()
        self.about = None if session is None else (str(session.pk), "", Owner(user_id=session.user_id))


class ReplayedToken(InvalidToken):
    """The same, where the end of the session has been recorded."""

    is_recorded = True


class IdentityProviderUnavailable(Unavailable):
    """503: the keys of the identity provider cannot be had, so nobody knows whether its token is good."""

    default_detail = "The identity provider does not answer, so its tokens cannot be checked. Try again later."
    default_code = "identity_provider_unavailable"
