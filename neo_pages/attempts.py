"""One change that a button asks for: done, or refused in words, on the page that follows."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from neo_base.rest.errors import Conflict
from neo_pages.problems import sentence


def attempt(request: HttpRequest, act: Callable[[], object], done: str) -> bool:
    """Call `act`, leave `done` or a conflict as a message for the next page, and return whether it was done.

    Refusals of other kinds are raised: they get a page of their own.
    """
    try:
        act()
    except Conflict as error:
        messages.error(request, sentence(error))
        return False
    messages.success(request, done)
    return True
