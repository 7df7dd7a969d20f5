"""A value in the clear, in a wrapper that shows nothing by accident."""

from __future__ import annotations

from typing import Never

from secrets_app.redaction import is_maskable

BULLETS = "\u2022" * 8
SHOWN_FIRST = 3
SHOWN_LAST = 4
MIN_LENGTH_TO_SHOW = 2 * (SHOWN_FIRST + SHOWN_LAST)


class Plaintext:
    """Holds a secret value between the request and the vault, and between the vault and a task.

    `str`, `repr` and f-strings show a placeholder, pickling raises TypeError: a value reaches no log, error page or
    cache unless somebody writes `reveal()`.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def mask(self) -> str:
        """First 3 characters, eight bullets, last 4; only bullets where that would show more than half of the value."""
        if len(self._text) < MIN_LENGTH_TO_SHOW:
            return BULLETS
        return self._text[:SHOWN_FIRST] + BULLETS + self._text[-SHOWN_LAST:]

    @property
    def is_maskable(self) -> bool:
        """Whether it is long enough to be found and hidden in what a task prints."""
        return is_maskable(self._text)

    def __repr__(self) -> str:
        return "<Plaintext>"

    def __reduce__(self) -> Never:
        raise TypeError("A plaintext cannot be pickled.")
