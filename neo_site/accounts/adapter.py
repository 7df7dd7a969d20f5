"""The hooks of `allauth`, by which this site's lockout, audit log and credentials hold on its pages."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext

from neo_base import mail
from neo_base.access.actors import Origin
from neo_site.accounts import invitations
from neo_site.accounts.factor_keys import open_sealed, seal
from neo_site.accounts.passwords import choose_password
from neo_site.accounts.records import record_factor_asked
from neo_site.accounts.sessions import NO_ADDRESS, end_cookie_sessions
from neo_site.signin.errors import InvalidCredentials
from neo_site.signin.lockout import sign_in_attempt
from neo_site.throttling.client_addresses import client_address

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # The library has no types.
    """Sign-in, passwords and sign-up."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the user of name and password, or None. The attempt counts for the lockout, as at every door.

        Raises as `sign_in_attempt` does where the client has to wait; `middleware.py` answers.
        """
        name = credentials.get("username") or credentials.get("email") or ""
        try:
            with sign_in_attempt(request, name):
                user = authenticate(request, username=name, password=credentials["password"])
                if user is None:
                    raise InvalidCredentials
        except InvalidCredentials:
            return None
        return user

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        refused: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if refused is None:
            record_factor_asked(request, user)
        return refused

    def set_password(self, user: Any, password: str) -> None:
        request = current.request
        by = "change" if request.user.is_authenticated else "reset"
        choose_password(user=user, password=password, by=by, origin=Origin.of(request))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.NEO_SIGN_UP == "open" or invitations.invited_email(request) is not None

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """Return whether the invitation proves the address. Without mail its token came from the inviter instead."""
        return mail.is_on() and email.lower() == invitations.invited_email(request)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return str(resolve_url(invitations.next_page(request) or settings.LOGIN_REDIRECT_URL))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return str(resolve_url("account_settings"))

    def get_client_ip(self, request: HttpRequest) -> str:
        address = client_address(request)
        return address if any(sign in address for sign in ".:") else NO_ADDRESS

    def is_ajax(self, request: HttpRequest) -> bool:
        """Return whether a script asks for the options of a passkey; every other answer is a page.

        As JSON, the library would give back the password of a failed attempt.
        """
        match = request.resolver_match
        return match is not None and match.url_name == "mfa_login_webauthn" and super().is_ajax(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail once what it tells of is committed; a failure is logged and undoes nothing."""
        if mail.is_on():
            request = current.request
            shown = {"request": request, "email": email, "current_site": get_current_site(request), **context}
            transaction.on_commit(partial(_send, self.render_mail(template_prefix, email, shown)))


def _send(message: EmailMessage) -> None:
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        message.send()
    except Exception as error:  # noqa: BLE001  (each backend has its own errors, whose texts quote the address)
        logger.error("account.mail_failed error=%s", type(error).__name__)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, with sealed keys. An application shows user names, not addresses: two accounts may share one."""

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  (the library's name)
        """Return a name for a new key. The library calls the first one "Master key", which is another thing here."""
        return gettext("Key %(number)d") % {"number": Authenticator.objects.filter(user=user, type=type).count() + 1}

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as an element of the page, whose policy allows no image in an address."""
        picture: str = super().build_totp_svg(url)
        ground = '<rect width="100%" height="100%" fill="#fff"/><path'
        return picture[picture.index("<svg") :].replace("<path", ground, 1)


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Ends browser sessions with what was made in them."""

    def end_sessions(self, sessions: Iterable[Any]) -> None:
        end_cookie_sessions(current.request, list(sessions))
