"""The errors of sign-in. None says which check failed, but for a clock that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from neo_base.rest.errors import AttemptFacts, Unavailable

if TYPE_CHECKING:
    from neo_site.signin.models import Session


class InvalidCredentials(AttemptFacts, AuthenticationFailed):
    """401: one answer for an unknown user, a wrong password and an inactive user."""

    default_detail = "The user name or the password is wrong."
    default_code = "invalid_credentials"
    is_recorded = True
    """True, because `records.py` notes it when Django announces the failure."""


class SecondFactorRequired(AttemptFacts, AuthenticationFailed):
    """401: the password is right, and the user has a second factor whose code did not come along."""

    default_detail = (
        "This account has a second factor. Send its code along as `code`: from the authenticator application, or one "
        "of the recovery codes."
    )
    default_code = "second_factor_required"
    is_recorded = True
    """True, because `second_factor.asked` is in the audit log: it is the first of two steps, and no failure."""


class InvalidSecondFactor(AttemptFacts, AuthenticationFailed):
    """401: the password is right, and the code is wrong or was used before. It counts as a failed sign-in."""

    default_detail = "The code is wrong, or was used before. Wait for the next one, or send a recovery code."
    default_code = "second_factor_invalid"
    is_recorded = True
    """True, because whoever raises it notes it under the name that was given."""


class PasswordChangeRequired(AttemptFacts, PermissionDenied):
    """403: somebody else set the user's password, who has to choose their own before they can sign in here."""

    default_detail = "Somebody else set this password. Sign in at the site with a browser, and choose your own."
    default_code = "password_change_required"
    is_recorded = True
    """True, because signing in was right so far, and gave nothing."""


class InvalidToken(AttemptFacts, AuthenticationFailed):
    """401: the token is malformed, forged, expired or of the wrong type, or its session has ended."""

    default_detail = "The token is invalid or has expired. Sign in again."
    default_code = "invalid_token"

    def __init__(self, session: Session | None = None) -> None:
        """Take the session that has ended, for the audit log; the answer does not show it."""
        super().__init__()
        if session is not None:
            self.session_id, self.user_id = str(session.pk), session.user_id


class EarlyToken(InvalidToken):
    """The same, for a token that this site signed at a time which the clock of this machine has not reached."""

    default_detail = (
        "The token comes from the future by this server's clock. Its operator has to set the clocks of its machines; "
        "signing in again does not help."
    )


class ReplayedToken(InvalidToken):
    """The same, where the end of the session is in the audit log already."""

    is_recorded = True


class IdentityProviderUnavailable(Unavailable):
    """503: the keys of the identity provider cannot be fetched, so that its tokens cannot be verified."""

    default_detail = "The identity provider does not answer, so its tokens cannot be checked. Try again later."
    default_code = "identity_provider_unavailable"
    default_outage = "identity_provider"
