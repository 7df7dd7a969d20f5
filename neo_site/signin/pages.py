"""The sign-in page of the admin."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, Throttled

from neo_base.rest.errors import Unavailable
from neo_base.rest.outages import outage_of
from neo_site.signin.living_tokens import warn_of_living_tokens
from secrets_app.errors import AuditUnavailable


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer as the admin's own sign-in page does; where the lockout refuses an attempt, say how long to wait."""
    try:
        return admin.site.login(request)
    except AuditUnavailable:
        # A fault on the server's side, not a refusal: the log has to show it.
        raise
    except (Throttled, Unavailable) as refusal:
        return _wait_page(request, refusal)


@transaction.atomic
def admin_change_password(request: HttpRequest) -> HttpResponse:
    """Answer as the admin's own page does on which operators change their password; then tell what lives on."""
    answer = admin.site.password_change(request)
    if request.method == "POST" and answer.status_code == HTTPStatus.FOUND and request.user.is_authenticated:
        warn_of_living_tokens(request, request.user)
    return answer


def _wait_page(request: HttpRequest, refusal: APIException) -> HttpResponse:
    """Render the page that tells the browser to wait. It is the same for every user name."""
    seconds = ceil(getattr(refusal, "wait", None) or 1)
    context = admin.site.each_context(request) | {"title": gettext("Sign-in"), "seconds": seconds}
    page = render(request, "neo_signin/refused.html", context, status=refusal.status_code)
    page["Retry-After"] = str(seconds)
    if isinstance(refusal, Unavailable):
        page.outage = outage_of(refusal)  # type: ignore[attr-defined]
    page["Cache-Control"] = "no-store"
    return page
