"""The page at which users answer a program that asks to be signed in."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from neo_base.access.actors import Origin
from neo_base.access.cookies import cookie_times
from neo_site.signin.devices.actions import answer, waiting_for
from neo_site.signin.devices.codes import normalise
from neo_site.signin.devices.errors import InvalidUserCode
from neo_site.signin.lockout import sign_in_attempt
from neo_site.signin.models import DeviceSignIn
from neo_site.signin.records import note_failure
from secrets_app.conf import conf

APPROVE, DECLINE = "approve", "decline"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Ask for the code that a program shows; then show who asks, and take the answer. Needs a recent sign-in."""
    if not settings.NEO_DEVICE_SIGN_IN:
        raise Http404
    if not _has_recently_signed_in(request):
        return _sign_in_again(request)
    if request.method != "POST":
        # A link may fill the code in, and nothing is looked up for it: whoever made the link knows no password.
        return _page(request, typed=request.GET.get("user_code", "")[:20])
    typed = request.POST.get("user_code", "")[:64]
    try:
        waiting = _waiting(request, typed)
    except InvalidUserCode:
        return _page(request, typed=typed, wrong=InvalidUserCode.default_detail)
    given = request.POST.get("answer")
    if given not in (APPROVE, DECLINE):
        return _page(request, waiting=waiting, code=normalise(typed))
    if not answer(waiting=waiting, user=request.user, is_approved=given == APPROVE, origin=Origin.of(request)):
        # Another page has answered a moment ago, or time ran out.
        return _page(request, typed=typed, wrong=InvalidUserCode.default_detail)
    return _page(request, answered=given, client=waiting.client)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "account/device.html", context, status=400 if "wrong" in context else 200)


def _waiting(request: HttpRequest, typed: str) -> DeviceSignIn:
    """Return the sign-in with this code. A wrong one counts as a failed sign-in of the user. Raises InvalidUserCode."""
    name = request.user.get_username()
    with sign_in_attempt(request, name):
        waiting = waiting_for(typed)
        if waiting is None:
            error = InvalidUserCode()
            note_failure(request, name, error)
            raise error
    return waiting


def _has_recently_signed_in(request: HttpRequest) -> bool:
    """Return whether the user has proved who they are in the time that service tokens ask for."""
    age = conf.sign_in_age_seconds
    if age is None:
        return True
    signed_in_at, _ = cookie_times(request.session)
    proofs = [float(each.get("at", 0)) for each in get_authentication_records(request, request.user)]
    return max([signed_in_at.timestamp() if signed_in_at else 0, *proofs]) > time.time() - age


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    """Lead to where the password or the second factor is asked for; whom a provider signs in, to the sign-in."""
    page = request.get_full_path()
    methods = get_adapter().get_reauthentication_methods(request.user)
    if methods:
        return redirect_to_login(page, methods[0]["url"])
    logout(request)
    return redirect_to_login(page)
