"""The invitation that brought somebody here: `neo_pages` keeps the digest of its token in their session."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from projects.models import Invitation

SESSION_KEY = "neo_pages_invitation"
NEXT_PAGE = "neo_pages:accept_invitation"


def invited_email(request: HttpRequest) -> str | None:
    """Return the address of the live invitation in the session, or None. Costs one query if there is a digest."""
    kept = request.session.get(SESSION_KEY)
    if not isinstance(kept, str):
        return None
    invitation = Invitation.objects.live().filter(token_digest=kept).first()
    return None if invitation is None else str(invitation.email)


def next_page(request: HttpRequest) -> str | None:
    """Return the address of the page that accepts the invitation in the session; None without one."""
    if SESSION_KEY not in request.session:
        return None
    try:
        return reverse(NEXT_PAGE)
    except NoReverseMatch:
        return None
