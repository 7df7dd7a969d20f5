"""The throttle of requests. The site's REST_FRAMEWORK names it for the API; the apps know nothing of it."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from neo_base.access.client_addresses import network_of
from neo_base.rest.errors import Unavailable
from neo_site import deadlines
from neo_site.throttling.client_addresses import client_address, is_shared
from neo_site.throttling.counts import Subject, seconds_left, window_key
from neo_site.throttling.rates import Rate
from neo_site.throttling.tally import tally

if TYPE_CHECKING:
    # DRF imports this module while it imports its views.
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

# How long an answer is held back where clients cannot be told apart. No thread waits meanwhile.
SLOW_SECONDS = 1.0


class RequestThrottle(BaseThrottle):
    """A limit on requests. Each counts once: for its service token, or else its user, or else its client address.

    A view whose body holds a credential may name another subject, with a method `throttle_subject`.
    """

    _wait: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = seconds_to_wait(_subject(request, view), request._request)
        return self._wait is None

    def wait(self) -> float | None:
        return self._wait


def seconds_to_wait(subject: Subject, request: HttpRequest) -> float | None:
    """Count a request of `subject`; return how long they have to wait if that is too many, and None otherwise.

    Where clients share one address, a limit by address refuses nobody: one of them could shut out all others. It slows
    them down. A cache that does not answer lets requests pass: this protects from load, and refusing everything would
    be worse. Sign-in has its own lockout, which refuses then.
    """
    rate = settings.NEO_THROTTLES[subject.kind]
    if rate is None:
        return None
    try:
        excess = tally.count(subject, rate) - rate.limit
    except Unavailable:
        logger.warning("throttle.unavailable")
        return None
    if excess > 0 and subject.kind == "address" and is_shared(request):
        slow_down(subject, rate)
        return None
    return seconds_left(rate) if excess > 0 else None


def slow_down(subject: Subject, rate: Rate) -> None:
    """Hold back the answer to the current request, and warn that clients cannot be told apart."""
    deadline = deadlines.current()
    if deadline is not None:
        deadline.answer_delay = SLOW_SECONDS
    warn_of_shared_address(subject.kind, window_key(subject, rate))


@lru_cache(maxsize=64)
def warn_of_shared_address(kind: str, _window: str) -> None:
    """Log, once in each window, that clients share an address and have reached its limit."""
    logger.warning("throttle.address_shared by=%s setting=NEO_TRUSTED_PROXIES", kind)


def _subject(request: Request, view: APIView) -> Subject:
    named_by_view = getattr(view, "throttle_subject", None)
    subject: Subject | None = named_by_view(request) if named_by_view else None
    if subject is not None:
        return subject
    # A credential with a limit of its own has `throttle_key`: a service token does, a session's access token does not.
    token_key = getattr(request.auth, "throttle_key", None)
    if token_key is not None:
        return Subject("token", str(token_key))
    if request.user and request.user.is_authenticated:
        return Subject("user", str(request.user.pk))
    return Subject("address", network_of(client_address(request._request)))
