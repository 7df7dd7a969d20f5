"""Views of a piece of output for the search: without line breaks and colours, which may interrupt a value."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate, chain

from secrets_app.redaction.forms import LINE_BREAKS

ESCAPE = b"\x1b"

# Control sequences (ECMA-48, section 5.4), such as the colours with which `grep --color` marks what it finds. Their
# length is bounded, so that little output is held back.
_COLOUR = re.compile(rb"\x1b\[[0-?]{0,24}[ -/]{0,4}[@-~]")
_COLOUR_BEGUN = re.compile(rb"\x1b(?:\[[0-?]{0,24}[ -/]{0,4})?\Z")
_MAX_COLOUR = 31

# This close to the end, in bytes, it is faster to look for line breaks one by one than to find all of them.
_NEAR = 32


class Unbroken:
    """The view of `data` without line breaks: its `text`, and the `end` of `data`."""

    def __init__(self, data: bytes) -> None:
        self.text = data.translate(None, LINE_BREAKS)
        self.end = len(data)
        self._data = data
        self._breaks: list[int] | None = None

    def place(self, position: int) -> int:
        """Return the position in `data` of the byte at `position` in `text`."""
        if self._breaks is None:
            after = len(self.text) - position
            if after <= _NEAR:
                return self._place_near_end(after)
            lines = self._data.replace(b"\r", b"\n").split(b"\n")
            self._breaks = list(accumulate(map(len, lines)))
        return position + bisect_right(self._breaks, position)

    def _place_near_end(self, after: int) -> int:
        place = self.end
        while after:
            place -= 1
            after -= self._data[place] not in LINE_BREAKS
        return place


class Colourless:
    """The view without line breaks and colours. A sequence at the end that may be incomplete lies beyond `end`."""

    def __init__(self, unbroken: Unbroken, is_last: bool) -> None:
        self._unbroken = unbroken
        text = unbroken.text
        near_end = max(0, len(text) - _MAX_COLOUR)
        begun = None if is_last else _COLOUR_BEGUN.search(text, near_end)
        cut = begun.start() if begun else len(text)
        self.end = unbroken.place(cut) if begun else unbroken.end
        self._colours = [found.span() for found in _COLOUR.finditer(text, 0, cut)]
        edges = [0, *chain.from_iterable(self._colours), cut]
        kept = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
        self.text = b"".join(kept)
        self._positions = list(accumulate(map(len, kept)))

    def place(self, position: int) -> int:
        """Return the position in the data of the byte at `position` in `text`."""
        colour = bisect_right(self._positions, position) - 1
        removed = self._colours[colour][1] - self._positions[colour] if colour >= 0 else 0
        return self._unbroken.place(position + removed)

    def whole(self, place: int) -> int:
        """Return `place`, or the beginning of the colour that it would divide."""
        place_of = self._unbroken.place
        index = bisect_left(self._colours, place, key=lambda colour: place_of(colour[0])) - 1
        if index < 0 or place_of(self._colours[index][1] - 1) < place:
            return place
        return place_of(self._colours[index][0])
