"""Pages that are one transaction, begun again as actions are where the database could not serialize them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.messages import get_messages
from django.http import HttpRequest

from neo_base.transactions import on_failure, retry_serialization

Answer = TypeVar("Answer")


def begun_again(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return `view`, which opens the one transaction of its request, run as `retry_serialization` runs it.

    An action inside of it cannot begin again by itself. What a failed try did to the request, such as to tell its user
    something, is undone.
    """

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        restore = _restoring(request)

        # Without arguments, since no frame below the page holds the request, with what was sent.
        def try_once() -> Answer:
            on_failure(restore)
            return view(request, *args, **kwargs)

        return retry_serialization(try_once)()

    return run


def _restoring(request: HttpRequest) -> Callable[[], None]:
    """Return a function that gives `request` back its session, as it is stored, its user and its messages of now."""
    user, session = getattr(request, "user", None), getattr(request, "session", None)
    key = getattr(session, "session_key", None)
    queued: list[Any] = getattr(get_messages(request), "_queued_messages", [])
    told = len(queued)

    def restore() -> None:
        del queued[told:]
        if session is not None and user is not None:
            request.session, request.user = type(session)(key), user

    return restore
