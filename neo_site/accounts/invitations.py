"""The invitation that brought somebody here, whose link put its token into their session."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from projects.models import Invitation
from projects.tokens import digest

SESSION_KEY = "neo_pages_invitation"
NEXT_PAGE = "neo_pages:projects:accept_invitation"


def invited_email(request: HttpRequest) -> str | None:
    """Return the address of the live invitation in the session, or None. Costs one query if there is a token."""
    token = request.session.get(SESSION_KEY)
    if not isinstance(token, str):
        return None
    invitation = Invitation.objects.live().filter(token_digest=digest(token)).first()
    return None if invitation is None else str(invitation.email)


def next_page(request: HttpRequest) -> str | None:
    """Return the address of the page that accepts the invitation in the session; None without one."""
    if SESSION_KEY not in request.session:
        return None
    try:
        return reverse(NEXT_PAGE)
    except NoReverseMatch:
        return None
