"""The language of the API: English, whatever the client and the site prefer, since its texts are part of the contract.

The admin shares models and errors with the API, and shows them translated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.utils import translation

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    Text = str | StrPromise
    """A text for people: either plain, or lazily translated when it is shown."""
else:
    Text = str

API_LANGUAGE = "en"

P = ParamSpec("P")
R = TypeVar("R")


def in_english(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate `function` to run with English active. What it returns must hold no lazy texts."""

    @wraps(function)
    def speaking_english(*args: P.args, **kwargs: P.kwargs) -> R:
        # A new object for each call: it stores the language to restore, and threads share this function.
        with translation.override(API_LANGUAGE):
            return function(*args, **kwargs)

    return speaking_english
