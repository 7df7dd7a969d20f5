"""Rates as settings write them: `600/min`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

SECONDS = {"sec": 1, "min": 60, "hour": 3_600, "day": 86_400}
_FORM = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(SECONDS)})")


@dataclass(frozen=True)
class Rate:
    """At most `limit` in each window of `seconds`."""

    limit: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rate in `text`: a number above zero, a slash and one of the four periods. Raises ValueError."""
        form = _FORM.fullmatch(text)
        if form is None:
            raise ValueError("not a rate")
        return cls(int(form[1]), SECONDS[form[2]])
