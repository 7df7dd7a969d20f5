"""Views of a piece of output for the search, without the bytes that may stand between the bytes of a value.

A view has a `text`, which is searched; the `end` of what it shows; and for each position in the text, its `place` in
the data.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate, chain
from typing import Protocol

from secrets_app.redaction.forms import FILLERS, MIN_SQUEEZED

ESCAPE = b"\x1b"
BACKSPACE = b"\b"
BLANKS = b" \t"

# Control sequences and strings, and other escape sequences (ECMA-48 and ECMA-35): colours, as `grep --color` marks what
# it finds; hyperlinks and titles; character sets. Their length is bounded, so that little output is held back.
_SEQUENCE = (
    rb"\x1b(?:\[[0-?]{0,24}[ -/]{0,4}[@-~]|[\]PX^_][^\x00-\x1f\x7f]{0,2048}(?:\a|\x1b\\)"
    rb"|[ -/]{1,3}[0-~]|[0-OQ-WYZ\\`-~])"
)
_MAX_SEQUENCE = 2060
_SEQUENCE_BEGUN = rb"\x1b(?:\[[0-?]{0,24}[ -/]{0,4}|[\]PX^_][^\x00-\x1f\x7f]{0,2048}\x1b?|[ -/]{1,3})?\Z"

# Bold and underlined text of a typewriter, as `nroff` writes it: a character over itself, or over an underscore.
_CHARACTER = rb"(?:[\xc2-\xf4][\x80-\xbf]{1,3}|[^\x80-\xff])"
_STRUCK = rb"_\x08|\x08_|(?P<struck>" + _CHARACTER + rb")\x08(?=(?P=struck))"
_STRUCK_BEGUN = rb"(?:(?<!\x08)_|(?<!_)\x08(?:[\xc2-\xf4][\x80-\xbf]{0,2})?)\Z"

_CONTROLS = re.compile(_SEQUENCE + rb"|\x08")
_OVERSTRIKES = re.compile(_SEQUENCE + rb"|" + _STRUCK)
_CONTROLS_BEGUN = re.compile(_SEQUENCE_BEGUN)
_OVERSTRIKES_BEGUN = re.compile(_SEQUENCE_BEGUN + rb"|" + _STRUCK_BEGUN)

_LINE_BREAK = re.compile(rb"\n")
# A line break with a blank beside it.
_INDENT = re.compile(rb"\n(?:[ \t]|(?<=[ \t]\n)|(?<=[ \t]\r\n))")
_WRAP = re.compile(rb"[ \t\0]*[\r\n][ \t\r\n\0]*")

# This close to the end, in bytes, it is faster to look for removed bytes one by one than to find all of them.
_NEAR = 32

# Removed bytes are looked for in blocks of this size, in bytes, so that only those near a value are looked for.
_BLOCK = 1024


class Source(Protocol):
    """What is left of the data when sequences of bytes are removed."""

    text: bytes
    end: int

    def place(self, position: int) -> int:
        """Return the position in the data of the byte at `position` in `text`."""

    def whole(self, place: int) -> int:
        """Return `place`, or the beginning of the removed sequence that it would divide."""


class Data:
    """The data as it is."""

    def __init__(self, data: bytes) -> None:
        self.text = data
        self.end = len(data)

    def place(self, position: int) -> int:
        return position

    def whole(self, place: int) -> int:
        return place


class Without:
    """The data without the sequences that match a pattern. One at the end may be incomplete, and is left out, too."""

    def __init__(self, data: bytes, removed: re.Pattern[bytes], begun: re.Pattern[bytes] | None) -> None:
        incomplete = begun.search(data, max(0, len(data) - _MAX_SEQUENCE)) if begun else None
        cut = incomplete.start() if incomplete else len(data)
        # What is left out is held back only if it is a sequence; else only what comes before it may be.
        self.end = cut if data[cut : cut + 1] == ESCAPE else len(data)
        self._removed = [found.span() for found in removed.finditer(data, 0, cut)]
        edges = [0, *chain.from_iterable(self._removed), cut]
        kept = [data[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
        self.text = b"".join(kept)
        self._positions = list(accumulate(map(len, kept)))

    def place(self, position: int) -> int:
        before = bisect_right(self._positions, position) - 1
        return position + (self._removed[before][1] - self._positions[before] if before >= 0 else 0)

    def whole(self, place: int) -> int:
        index = bisect_left(self._removed, place, key=lambda span: span[0]) - 1
        return self._removed[index][0] if index >= 0 and place < self._removed[index][1] else place


def sources(data: bytes, is_last: bool) -> Iterator[Source]:
    """Yield the data, and without its escape sequences and overstrikes if it may have some."""
    yield Data(data)
    if ESCAPE in data or BACKSPACE in data:
        yield Without(data, _CONTROLS, None if is_last else _CONTROLS_BEGUN)
    # The underscore may be the first one that is struck over.
    if BACKSPACE in data or data.endswith(b"_"):
        yield Without(data, _OVERSTRIKES, None if is_last else _OVERSTRIKES_BEGUN)


class View:
    """The view of a source without some bytes, wherever they are."""

    removed = FILLERS

    def __init__(self, source: Source) -> None:
        self._source = source
        self._data = source.text
        self.text = self._data.translate(None, self.removed)
        self.end = source.end
        # The texts of the blocks end before these positions. `_gaps` holds the positions of removed bytes in a block.
        self._ends: list[int] = []
        self._gaps: dict[int, list[int]] = {}

    def place(self, position: int) -> int:
        """Return the place in the data of the byte at `position` in `text`."""
        return self._source.place(self._position(position))

    def piece(self, start: int, end: int) -> bytes:
        """Return what the source has in place of the text from `start` to `end`."""
        return self._data[self._position(start) : self._position(end - 1) + 1]

    def _position(self, position: int) -> int:
        """Return the position in the source of the byte at `position` in `text`."""
        after = len(self.text) - position
        if after <= _NEAR:
            return self._position_near_end(after)
        if not self._ends:
            blocks = range(0, len(self._data), _BLOCK)
            self._ends = list(accumulate(len(self._block(start).translate(None, self.removed)) for start in blocks))
        block = bisect_right(self._ends, position)
        if block not in self._gaps:
            alike = bytes.maketrans(self.removed, b"\n" * len(self.removed))
            self._gaps[block] = list(accumulate(map(len, self._block(block * _BLOCK).translate(alike).split(b"\n"))))
        position -= self._ends[block - 1] if block else 0
        return block * _BLOCK + position + bisect_right(self._gaps[block], position)

    def _block(self, start: int) -> bytes:
        return self._data[start : start + _BLOCK]

    def _position_near_end(self, after: int) -> int:
        position = len(self._data)
        while after:
            position -= 1
            after -= self._data[position] not in self.removed
        return position


class Unbroken(View):
    """The view without line breaks and NULs."""


class Unwrapped(View):
    """The view without blanks, too, for values in wrapped and indented lines."""

    removed = FILLERS + BLANKS

    @staticmethod
    def is_needed(text: bytes, has_words: bool) -> bool:
        """Return whether `text` may have such lines. `has_words` tells that line breaks may stand for blanks."""
        if text.removesuffix(b"\r").endswith((b" ", b"\t")) or (has_words and b"\n" in text):
            return True
        return _INDENT.search(text) is not None

    def shows(self, has_words: bool, is_begun: Callable[[bytes], bool]) -> Callable[[int, int], bool]:
        """Return a function that tells whether a text from a start to an end is shown by wrapped lines.

        All blanks have to be next to line breaks, unless the text is long: a table of numbers may contain a short value
        by chance. What comes before the first wrapped line has to begin a value as it is, so that it was held back.
        """
        wrapped = _LINE_BREAK if has_words else _INDENT

        def is_shown(start: int, end: int) -> bool:
            piece = self.piece(start, end)
            first = wrapped.search(piece)
            if first is None:
                return False
            before = piece[: first.start()].removesuffix(b"\r").rstrip(BLANKS).translate(None, FILLERS)
            if any(blank in before for blank in (b" ", b"\t")) and not is_begun(before):
                return False
            joined = _WRAP.sub(b"", piece)
            return end - start >= MIN_SQUEEZED or not any(blank in joined for blank in (b" ", b"\t"))

        return is_shown
