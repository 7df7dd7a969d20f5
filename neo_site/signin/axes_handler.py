"""django-axes stops each `authenticate()`, of the API and of the admin alike, before a password is hashed.

It asks this handler whether an attempt may go on. Its own handlers look first and count later, which lets parallel
attempts pass, and keep names and form data; this one counts in the cache, and axes' tables stay empty.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from axes.handlers.base import AxesHandler
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, Throttled

from neo_base.rest.errors import Unavailable
from neo_site.signin.lockout import Attempt
from neo_site.throttling.addresses import client_address

ATTEMPT = "neo_sign_in_attempt"
REFUSAL = "neo_sign_in_refusal"


class LockoutHandler(AxesHandler):  # type: ignore[misc]  # axes has no types.
    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        attempt = Attempt(name=str((credentials or {}).get("username") or ""), address=client_address(request))
        try:
            attempt.admit()
        except (Throttled, Unavailable) as refusal:
            setattr(request, REFUSAL, refusal)
            # The sign that axes' middleware answers to.
            request.axes_locked_out = True  # type: ignore[attr-defined]
            return False
        setattr(request, ATTEMPT, attempt)
        return True

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        note_success(request)


def note_success(request: HttpRequest) -> None:
    """The attempt of this request was no failure. Django tells of it where it begins a session of its own, as in the
    admin; whoever calls `authenticate()` for something else says so himself."""
    attempt: Attempt | None = getattr(request, ATTEMPT, None)
    if attempt is not None:
        delattr(request, ATTEMPT)
        attempt.succeeded()


def refusal_of(request: HttpRequest) -> APIException | None:
    """Why `authenticate()` gave None without looking at the password; None if it did look."""
    refusal: APIException | None = getattr(request, REFUSAL, None)
    return refusal


def refused(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """The page that says to wait; it says nothing about the name. The API has given its own answer."""
    refusal = refusal_of(request)
    if refusal is None or request.path.startswith("/api/"):
        return response
    seconds = ceil(getattr(refusal, "wait", None) or 1)
    context = admin.site.each_context(request) | {"title": gettext("Sign-in"), "seconds": seconds}
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    page = render(request, "neo_signin/refused.html", context, status=refusal.status_code)
    for name, value in headers.items():
        page[name] = value
    return page
