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

    An action inside of it cannot begin again by itself. What a failed try had to tell its user is forgotten.
    """

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        queued: list[Any] = getattr(get_messages(request), "_queued_messages", [])
        told = len(queued)

        # Without arguments, since no frame below the page holds the request, with what was sent.
        def try_once() -> Answer:
            on_failure(lambda: queued.__delitem__(slice(told, None)))
            return view(request, *args, **kwargs)

        return retry_serialization(try_once)()

    return run
