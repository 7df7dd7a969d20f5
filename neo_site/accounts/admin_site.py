"""The admin's own doors, which lead to the pages of accounts: the admin uses the same sign-in and the same factor."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from neo_site.accounts.second_factor import has_second_factor


class SiteAdmin(AdminSite):
    """The admin for staff; with NEO_ADMIN_OTP, for staff who have used a second factor in this browser session.

    So it is without that setting for those whom an identity provider signed in: it reaches no admin page by itself.
    """

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and (not _needs_factor(request) or _has_used_factor(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the sign-in of the site, or to what is still missing. Raises PermissionDenied for who is no staff."""
        wanted = _wanted(request)
        if not request.user.is_authenticated:
            return redirect_to_login(wanted, reverse("account_login"))
        if self.has_permission(request):
            return redirect(wanted)
        if not super().has_permission(request):
            raise PermissionDenied
        if has_second_factor(request.user):
            return redirect_to_login(wanted, reverse("mfa_reauthenticate"))
        messages.warning(request, gettext("The admin asks for a second factor. Add one, then open the admin again."))
        return redirect("mfa_index")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("account_change_password")


def _needs_factor(request: HttpRequest) -> bool:
    return settings.ADMIN_OTP or "socialaccount" in _proofs(request)


def _has_used_factor(request: HttpRequest) -> bool:
    return "mfa" in _proofs(request)


def _proofs(request: HttpRequest) -> set[Any]:
    """Return the ways in which the user has proved in this session who they are."""
    return {proof.get("method") for proof in get_authentication_records(request, request.user)}


def _wanted(request: HttpRequest) -> str:
    """Return the page that the browser wanted, if it is one of this site; else the first page of the admin."""
    page = request.GET.get(REDIRECT_FIELD_NAME, "")
    is_ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if is_ours and page else reverse("admin:index")
