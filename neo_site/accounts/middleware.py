"""What holds on every page of a person: a pause after failed sign-ins, and the password to choose first."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from rest_framework.exceptions import APIException, Throttled

from neo_base.rest.errors import Unavailable
from neo_site.accounts.passwords import SESSION_KEY
from neo_site.problems import unavailable
from secrets_app.errors import AuditUnavailable

ALLOWED_MEANWHILE = ("account_change_password", "account_logout")


class Accounts:
    """Middleware that asks for a new password where somebody else set the present one, and answers the lockout.

    It looks into the session only where the browser has one, and never at a request to the API, which takes no cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and _has_to_change_first(request):
            return HttpResponseRedirect(reverse("account_change_password"))
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Tell the browser to wait where the lockout refuses an attempt, the same for every user name, or that the site
        cannot serve now."""
        if isinstance(exception, Throttled):
            return wait_page(request, exception)
        # An audit log that cannot be written is a fault on the server's side, not a refusal: the log has to show it.
        if isinstance(exception, Unavailable) and not isinstance(exception, AuditUnavailable):
            return unavailable(request, exception)
        return None


def wait_page(request: HttpRequest, refusal: APIException) -> HttpResponse:
    """Return the page that tells the browser to wait, with the status of the refusal."""
    seconds = ceil(getattr(refusal, "wait", None) or 1)
    page = render(request, "account/wait.html", {"seconds": seconds}, status=refusal.status_code)
    page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store"
    return page


def _has_to_change_first(request: HttpRequest) -> bool:
    path = request.path_info
    if path.startswith("/api/") or request.path.startswith(settings.STATIC_URL):
        return False
    if not request.session.get(SESSION_KEY) or not request.user.is_authenticated:
        return False
    return request.path not in [reverse(name) for name in ALLOWED_MEANWHILE]
