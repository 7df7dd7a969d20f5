"""Which bytes of a piece of output belong to values, and from where on that is not settled."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from secrets_app.redaction.patterns import HEAD_BYTES, START, Candidate, Patterns
from secrets_app.redaction.views import ESCAPE, Colourless, Unbroken

COLOURS_OFF = b"\x1b[m"

IsOpen = Callable[[bytes], bool]


Match = tuple[int, int, bytes]
"""Start, end, and what takes the place."""


class Found(NamedTuple):
    """The matches that begin before `settled`, from left to right, the longest first; what comes can change no more."""

    matches: list[Match]
    settled: int


def search(patterns: Patterns, data: bytes, is_open: IsOpen | None) -> Found:
    """Look through `data`; `is_open` tells of how it ends whether to wait for more. None: nothing comes any more."""
    unbroken = Unbroken(data)
    plain = _search_view(patterns, unbroken, is_open)
    if ESCAPE not in data:
        return plain
    colourless = Colourless(unbroken, is_last=is_open is None)
    other = _search_view(patterns, colourless, is_open)
    settled = colourless.whole(min(plain.settled, other.settled))
    coloured = [_switch_off(match, data) for match in other.matches]
    matches = sorted([*plain.matches, *coloured], key=lambda match: (match[0], -match[1], match[2]))
    return Found([match for match in matches if match[0] < settled], settled)


def _switch_off(match: Match, data: bytes) -> Match:
    """With a colour that began inside the match and would end behind it."""
    start, end, replacement = match
    return (start, end, replacement + COLOURS_OFF) if ESCAPE in data[start:end] else match


def _search_view(patterns: Patterns, view: Unbroken | Colourless, is_open: IsOpen | None) -> Found:
    candidates = patterns.candidates(view.text)
    open_from = len(view.text) if is_open is None else _open_from(view.text, candidates, patterns.longest, is_open)
    matches = []
    for candidate in candidates:
        if candidate[1] >= open_from:
            break
        if found := patterns.longest_at(view.text, candidate):
            end, reference = found
            matches.append((view.place(candidate[1]), view.place(end - 1) + 1, reference))
    return Found(matches, view.place(open_from) if open_from < len(view.text) else view.end)


def _open_from(text: bytes, candidates: list[Candidate], longest: int, is_open: IsOpen) -> int:
    """The first position from which on `text` begins a form that may go on; its length where there is none."""
    size = len(text)
    # Of a candidate, the head is there. Closer to the end than a head is long, it need not be.
    near = range(max(0, size - HEAD_BYTES + 1), size)
    far = candidates[bisect_right(candidates, size - longest, key=START) :]
    return min(
        next((start for _, start, _ in far if is_open(text[start:])), size),
        next((start for start in near if is_open(text[start:])), size),
    )
