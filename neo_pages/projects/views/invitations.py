"""Answering an invitation: its link leads here, for those who have an account and those who have none.

The token stands in the address of the first request alone. That one keeps its digest in the session, and leads to an
address without it: as the token is stored nowhere else, a copy of the sessions lets nobody in.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from neo_pages.access import PageRequest, private, signed_in
from neo_pages.problems import problem_page
from projects import invitation_actions
from projects.errors import AlreadyAMember, NoSuchInvitation
from projects.models import Invitation
from projects.tokens import digest

SESSION_KEY = "neo_pages_invitation"
"""The digest of the token of the invitation that somebody came with."""


@login_not_required
@require_GET
def arrive(request: HttpRequest, token: str) -> HttpResponseBase:
    """Keep the digest of the token, and go on without it."""
    request.session[SESSION_KEY] = digest(token)
    answer = private(redirect("neo_pages:accept_invitation"))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@login_not_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest) -> HttpResponseBase:
    """Show the invitation and take the answer; visitors are told how to get an account or to sign in."""
    if request.user.is_authenticated:
        return _answer(request)
    invitation = _invitation(request)
    if invitation is None:
        return private(problem_page(request, NoSuchInvitation()))
    sign_in = redirect_to_login(reverse("neo_pages:accept_invitation")).url
    context = {"invitation": invitation, "sign_up": _sign_up_address(), "sign_in": sign_in}
    return private(render(request, "neo_pages/projects/invited.html", context))


@signed_in
def _answer(request: PageRequest) -> HttpResponse:
    invitation = _invitation(request)
    if invitation is None:
        raise NoSuchInvitation(is_hidden=True)
    if request.method != "POST":
        return render(request, "neo_pages/projects/answer.html", {"invitation": invitation})
    project_id = invitation.project_id
    given: dict[str, Any] = {"actor": request.actor, "token_digest": request.session[SESSION_KEY]}
    if "decline" in request.POST:
        invitation_actions.decline_invitation(**given)
        messages.success(request, gettext("The invitation is declined."))
        _forget(request)
        return redirect("neo_pages:home")
    try:
        invitation_actions.accept_invitation(**given)
    except AlreadyAMember:
        messages.info(request, gettext("You are a member of this project already."))
    else:
        messages.success(request, gettext("Welcome to %(name)s.") % {"name": invitation.project})
    _forget(request)
    return redirect("neo_pages:project_secrets", project_id)


def _invitation(request: HttpRequest) -> Invitation | None:
    """Return the live invitation that the person came with."""
    kept = request.session.get(SESSION_KEY, "")
    return Invitation.objects.live().select_related("project").filter(token_digest=kept).first() if kept else None


def _forget(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def _sign_up_address() -> str:
    """Return the address at which the site makes accounts; empty if it has none."""
    try:
        return reverse("account_signup")
    except NoReverseMatch:
        return ""
