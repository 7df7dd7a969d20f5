"""Forms that make something once, however often they are sent: a double click, or again after an answer was lost.

Each form has an id of its own. It is to a page what an `Idempotency-Key` is to the API, and is kept in the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import uuid4

from django.contrib import messages

from neo_base.rest.errors import AlreadyMade, KeyReused
from neo_base.rest.idempotency import Made, kept_answers
from neo_pages.access import PageRequest

Thing = TypeVar("Thing")
NOT_CONTENT = ("csrfmiddlewaretoken",)


class _Form:
    """A sent form, as far as `kept_answers` asks about a view."""

    def __init__(self, request: PageRequest) -> None:
        self.request, self.actor = request, request.actor
        self.body = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_CONTENT}


def make_once(
    request: PageRequest, key: str, make: Callable[[], Thing], row: Callable[[Any], Any] = lambda made: made
) -> Thing:
    """Return what `make` makes; `row` returns the row of it. Without a key it is made each time.

    Raises AlreadyMade if the form was sent before, and what `make` raises. A form that somebody went back to and filled
    in anew is another one.
    """

    def answer() -> Made:
        made = make()
        return Made({"id": str(row(made).pk)}, made)

    try:
        answered = kept_answers.answer(_Form(request), key or None, answer, is_shown_once=True)
    except KeyReused:
        return make_once(request, str(uuid4()), make, row)
    return cast(Made, answered).made  # type: ignore[no-any-return]


def made_before(request: PageRequest, error: AlreadyMade, text: str) -> str:
    """Leave `text` as a message for the next page, and return the id of what was made."""
    messages.info(request, text)
    return str(error.errors["id"][0])
