"""Resets of forgotten passwords, by mail."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import translation
from rest_framework.exceptions import Throttled

from neo_base import mail
from neo_base.access.client_addresses import network_of
from neo_site.throttling.client_addresses import client_address, is_shared
from neo_site.throttling.counts import Subject, count, seconds_left
from neo_site.throttling.throttles import slow_down

logger = logging.getLogger(__name__)


class RedirectThenMail(HttpResponseRedirect):
    """The answer to a request for a reset. The server closes it once it has been sent; the mail comes after that.

    So neither looking for the user nor the mail server makes the answer later for an address that has an account.
    """

    def __init__(self, redirect_to: str, request: HttpRequest, address: str) -> None:
        super().__init__(redirect_to)
        self._request, self._address, self._language = request, address, translation.get_language()

    def close(self) -> None:
        try:
            with context.request_context(self._request), translation.override(self._language):
                _mail_link(self._request, self._address)
        except Exception as error:  # noqa: BLE001  (mail backends have their own errors, whose texts quote the address)
            logger.error("password_reset.mail_failed error=%s", type(error).__name__)
        finally:
            super().close()


def count_reset(request: HttpRequest, address: str) -> None:
    """Count a request for a reset, by the same limits as failed sign-ins. Raises Throttled, and Unavailable.

    Otherwise one client could fill the mailbox of anybody.
    """
    client = client_address(request)
    _count("sign_in_address", network_of(client), is_shared=is_shared(request))
    _count("sign_in_name", address)


def _count(kind: str, identity: str, *, is_shared: bool = False) -> None:
    rate, subject = settings.NEO_THROTTLES[kind], Subject(f"reset:{kind}", identity)
    if rate is None or count(subject, rate) <= rate.limit:
        return
    if not is_shared:
        raise Throttled(wait=seconds_left(rate))
    slow_down(subject, rate)


def _mail_link(request: HttpRequest, address: str) -> None:
    if mail.is_on():
        users: list[Any] = filter_users_by_email(address, is_active=True, prefer_verified=True, for_login=True)
        request_password_reset(request, address, users, default_token_generator)
