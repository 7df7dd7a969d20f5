"""The wrapper of a value in the clear, which shows nothing by accident."""

from __future__ import annotations

from typing import Never

from secrets_app.redaction import is_maskable

BULLETS = "\u2022" * 8
SHOWN_FIRST = 3
SHOWN_LAST = 4
MIN_LENGTH_TO_SHOW = 2 * (SHOWN_FIRST + SHOWN_LAST)


class Plaintext:
    """A secret value on its way from a request to the vault, or from the vault to a task.

    `str`, `repr` and f-strings show a placeholder, and pickling raises TypeError. Only code that calls `reveal()` can
    put the value into a log, an error page or a cache.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the value itself."""
        return self._text

    def mask(self) -> str:
        """Return the first 3 characters, eight bullets and the last 4; for fewer than 14 characters only bullets."""
        if len(self._text) < MIN_LENGTH_TO_SHOW:
            return BULLETS
        return self._text[:SHOWN_FIRST] + BULLETS + self._text[-SHOWN_LAST:]

    @property
    def is_maskable(self) -> bool:
        """Whether the value is long enough to be redacted in the output of a task."""
        return is_maskable(self._text)

    def __repr__(self) -> str:
        return "<Plaintext>"

    def __reduce__(self) -> Never:
        raise TypeError("A plaintext cannot be pickled.")
