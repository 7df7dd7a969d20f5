"""The API speaks English, whatever language the client and the site prefer: its answers are part of the contract.

Models, errors and their sentences are shared with the admin, where they are translated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.utils import translation

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    Text = str | StrPromise
    """A text for people: a plain one, or one that is translated when it is shown."""
else:
    Text = str

API_LANGUAGE = "en"

P = ParamSpec("P")
R = TypeVar("R")


def in_english(function: Callable[P, R]) -> Callable[P, R]:
    """`function` with every translatable text in English; what it returns must hold no lazy one any more."""

    @wraps(function)
    def speaking_english(*args: P.args, **kwargs: P.kwargs) -> R:
        # One object for each call: it remembers the language to go back to, and threads share this function.
        with translation.override(API_LANGUAGE):
            return function(*args, **kwargs)

    return speaking_english
