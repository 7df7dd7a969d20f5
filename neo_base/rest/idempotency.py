"""`Idempotency-Key` (the IETF's draft-ietf-httpapi-idempotency-key-header): a POST that makes something makes it once.

A client that got no answer, or 503, cannot know whether anything was made. It sends the request again with the key of
the first time, and gets the first answer. An app that has tables keeps the answers, and fills `kept_answers` in
`ready()`: this package has none. Until then, the header does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.headers import header_of

HEADER = "Idempotency-Key"
MAX_LENGTH = 128
# The draft's form is a text in quotes; most clients send it bare.
PATTERN = rf'"[!#-\[\]-~]{{1,{MAX_LENGTH}}}"|[!#-\[\]-~]{{1,{MAX_LENGTH}}}'
_KEY = re.compile(PATTERN)
Make = Callable[[], Response]
P = ParamSpec("P")


class Keeper(Protocol):
    """Returns the answer to the request of `view` with this key: what `make` returns, or what it returned before.

    Of an answer that `is_shown_once` only the id is kept. Raises AlreadyMade for a second request then, and KeyReused
    for one with another content.
    """

    def __call__(self, view: Any, key: str, make: Make, *, is_shown_once: bool) -> Response: ...


class KeptAnswers:
    """Where answers are kept: by the app that sets it, else nowhere."""

    def __init__(self) -> None:
        self._keeper: Keeper | None = None

    def are_kept_by(self, keeper: Keeper) -> None:
        """Let `keeper` keep the answers from now on."""
        self._keeper = keeper

    def answer(self, view: Any, key: str | None, make: Make, *, is_shown_once: bool) -> Response:
        """Return the answer to a request, which has this key or none."""
        if key is None or self._keeper is None:
            return make()
        return self._keeper(view, key, make, is_shown_once=is_shown_once)


kept_answers = KeptAnswers()


class Made(Response):
    """The answer to a caller in this process, with what was made. An answer that was kept is another `Response`."""

    def __init__(self, data: dict[str, Any], made: Any) -> None:
        super().__init__(data, 201)
        self.made = made


def made_once(method: Callable[P, Response]) -> Callable[P, Response]:
    """Let the `post` of a view make something once for each key, and answer alike each time."""
    return _made_once(method, is_shown_once=False)


def shown_once(method: Callable[P, Response]) -> Callable[P, Response]:
    """Let the `post` of a view make something once for each key, and answer once: the answer shows a token."""
    return _made_once(method, is_shown_once=True)


def _made_once(method: Callable[P, Response], *, is_shown_once: bool) -> Callable[P, Response]:
    @wraps(method)
    def post(*args: P.args, **kwargs: P.kwargs) -> Response:
        view: Any = args[0]
        key = read_key(view.request)
        return kept_answers.answer(view, key, lambda: method(*args, **kwargs), is_shown_once=is_shown_once)

    post.is_made_once = True  # type: ignore[attr-defined]
    return post


def read_key(request: Request) -> str | None:
    """Return the key that the request sends, without quotes; None for none. Raises ValidationError if malformed."""
    sent = header_of(request, HEADER)
    return None if sent is None else checked_key(sent, HEADER)


def checked_key(given: str, name: str) -> str:
    """Return a key without quotes. Raises ValidationError, which names the field `name`, if it is malformed."""
    if not _KEY.fullmatch(given):
        raise ValidationError({name: [f"Send 1 to {MAX_LENGTH} visible ASCII characters, such as a UUID."]})
    return given.strip('"')
