"""The ways in which sign-in refuses. None tells which check failed."""

from __future__ import annotations

from rest_framework.exceptions import AuthenticationFailed

from neo_rest.errors import Unavailable


class InvalidCredentials(AuthenticationFailed):
    """401: the same for an unknown user, a wrong password and an inactive user."""

    default_detail = "The user name or the password is wrong."
    default_code = "invalid_credentials"


class InvalidToken(AuthenticationFailed):
    """401: the token is malformed, forged, expired or of the wrong type, or its session has ended."""

    default_detail = "The token is not valid, or no longer. Sign in again."
    default_code = "invalid_token"


class IdentityProviderUnavailable(Unavailable):
    """503: the keys of the identity provider cannot be had, so nobody knows whether its token is good."""

    default_detail = "The identity provider does not answer, so its tokens cannot be checked. Try again later."
    default_code = "identity_provider_unavailable"
