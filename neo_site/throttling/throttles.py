"""The throttle of the API. The site's REST_FRAMEWORK names it; the apps know nothing of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from neo_base.access.client_addresses import network_of
from neo_base.rest.errors import Unavailable
from neo_site.throttling.client_addresses import client_address
from neo_site.throttling.counts import Subject, seconds_left
from neo_site.throttling.tally import tally

if TYPE_CHECKING:
    # DRF imports this module while it imports its views.
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class RequestThrottle(BaseThrottle):
    """A limit on requests. Each counts once: for its service token, or else its user, or else its client address.

    A cache that does not answer lets requests pass: this protects from load, and refusing everything would be worse.
    Sign-in has its own lockout, which refuses then.
    """

    _wait: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        subject = _subject(request)
        rate = settings.NEO_THROTTLES[subject.kind]
        if rate is None:
            return True
        try:
            is_allowed = tally.count(subject, rate) <= rate.limit
        except Unavailable:
            logger.warning("throttle.unavailable")
            return True
        self._wait = seconds_left(rate)
        return is_allowed

    def wait(self) -> float | None:
        return self._wait


def _subject(request: Request) -> Subject:
    # A credential with a limit of its own has `throttle_key`: a service token does, a session's access token does not.
    token_key = getattr(request.auth, "throttle_key", None)
    if token_key is not None:
        return Subject("token", str(token_key))
    if request.user and request.user.is_authenticated:
        return Subject("user", str(request.user.pk))
    return Subject("address", network_of(client_address(request._request)))
