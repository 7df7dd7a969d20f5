"""Authentication by a session's access token, in the Authorization header and nowhere else."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from neo_base.access.compiled import Given
from neo_base.access.standing import read
from neo_base.rest.errors import CHALLENGE
from neo_site.signin.bearer import bearer_token, claimed_provider
from neo_site.signin.errors import InvalidToken
from neo_site.signin.models import Session, SessionQuerySet
from neo_site.signin.tokens import AccessToken, SessionToken


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; the scheme in any case (RFC 9110 section 11.1).

    `request.auth` is the AccessToken. Costs one query, so that deactivation, a changed password and signing out count
    from the next request on.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, AccessToken] | None:
        """Return user and token, or None when there is no token or another class judges it. Raises InvalidToken."""
        text = bearer_token(request)
        if text is None or claimed_provider(text) is not None:
            return None
        token = AccessToken.read(text)
        session = _session_with_standing(request, token) or session_of(token)
        token.signed_in_at, token.ends_at = session.created_at, session.expires_at
        return session.user, token

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _session_with_standing(request: Request, token: SessionToken) -> Session | None:
    """Return the session if it is good and the view's question was asked with it; else `session_of` has to say."""
    session = read(request, Session, _sessions, session_id=token.session_id)
    return session if session is not None and session.is_usable_by(token.subject) else None


def _sessions() -> SessionQuerySet:
    return Session.objects.filter(pk=Given("session_id", Session._meta.pk))


def session_of(token: SessionToken) -> Session:
    """Return the session of `token`, with its user. Raises InvalidToken when it has ended.

    A session ends by time, by revocation, and when its user is deleted, deactivated or given another password.
    """
    try:
        session = Session.objects.select_related("user").get(pk=token.session_id)
    except Session.DoesNotExist:
        raise InvalidToken from None
    if not session.is_usable_by(token.subject):
        raise InvalidToken(session)
    return session
