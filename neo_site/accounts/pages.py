"""Pages of accounts that `allauth` does not have, or not with what this site needs."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import url_str_to_user_pk
from allauth.account.views import password_change, password_reset, password_reset_from_key
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from neo_base import mail
from neo_base.access.actors import Origin
from neo_base.page_transactions import begun_again
from neo_site.accounts.passwords import SESSION_KEY
from neo_site.accounts.resets import RedirectThenMail
from neo_site.accounts.second_factor import has_second_factor
from neo_site.accounts.sessions import end_other_sessions, end_session, sessions_of
from neo_site.signin.living_tokens import living_tokens
from secrets_app.actions.credentials import lock_users


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Show what the account has, with links to where it is changed."""
    context = {
        "has_second_factor": has_second_factor(request.user),
        "is_mail_on": mail.is_on(),
        "is_device_sign_in_on": settings.NEO_DEVICE_SIGN_IN,
    }
    return render(request, "account/index.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions of the user, of browsers and of the API, and end one of them or all others."""
    origin = Origin.of(request)
    if request.method != "POST":
        context = {"sessions": sessions_of(request.user, origin.credential)}
        return render(request, "usersessions/usersession_list.html", context)
    if "session" in request.POST:
        count = int(end_session(user=request.user, session_id=request.POST["session"], origin=origin))
    else:
        count = end_other_sessions(user=request.user, origin=origin)
    said = ngettext("%(count)d session ended.", "%(count)d sessions ended.", count) % {"count": count}
    messages.success(request, said)
    return redirect("usersessions_list")


def change_password(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Change the user's own password; then tell which service tokens live on."""
    asked = bool(request.session.get(SESSION_KEY))
    if asked and request.method == "GET":
        messages.info(request, gettext("Somebody else set your password. Choose your own, which nobody else knows."))
    answer: HttpResponseBase = password_change(request, *args, **kwargs)
    if request.method == "POST" and isinstance(answer, HttpResponseRedirect):
        _name_living_tokens(request)
    return answer


def reset_password(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Ask for an address, and mail a link there once the answer has been sent, if an account has the address."""
    answer: HttpResponseBase = password_reset(request, *args, **kwargs)
    address = getattr(request, "neo_reset_address", None)
    return answer if address is None else RedirectThenMail(answer["Location"], request, address)


@begun_again
@transaction.atomic
def choose_password_by_link(request: HttpRequest, uidb36: str, key: str) -> HttpResponseBase:
    """Set a password by the link of a mail or of an operator, which works once, however many use it at the moment."""
    if request.method == "POST":
        # The second of two finds the password changed, by which its key is no longer right.
        lock_users([url_str_to_user_pk(uidb36)])
    answer: HttpResponseBase = password_reset_from_key(request, uidb36=uidb36, key=key)
    return answer


def _name_living_tokens(request: HttpRequest) -> None:
    names = ", ".join(str(token) for token in living_tokens(request.user))
    if names:
        said = gettext("Your sessions elsewhere have ended. These service tokens live on: %(names)s.")
        messages.warning(request, said % {"names": names})
