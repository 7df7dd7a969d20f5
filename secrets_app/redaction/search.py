"""The search for values in a piece of output. At the end of a piece, a match may depend on what comes next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from secrets_app.redaction.patterns import HEAD_BYTES, START, Candidate, Patterns
from secrets_app.redaction.views import ESCAPE, Colourless, Unbroken

COLOURS_OFF = b"\x1b[m"

IsOpen = Callable[[bytes], bool]


Match = tuple[int, int, bytes]
"""Start, end, and replacement."""


class Found(NamedTuple):
    """The matches that begin before `settled`, left to right, the longest first. What follows cannot change them."""

    matches: list[Match]
    settled: int


def search(patterns: Patterns, data: bytes, is_open: IsOpen | None) -> Found:
    """Find the values in `data`.

    `is_open` returns whether the end of the data may be an incomplete value, so that more must be read to decide. It is
    None at the end of the stream.
    """
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
    """Return the match with colours switched off after it, if it contains an escape sequence.

    The text after the match would otherwise keep a colour that began inside it.
    """
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
    """Return the first position from which the rest of `text` is open; the length of `text` if there is none."""
    size = len(text)
    # A candidate has its whole head. Near the end of the text, a form may begin with only a part of its head.
    near = range(max(0, size - HEAD_BYTES + 1), size)
    far = candidates[bisect_right(candidates, size - longest, key=START) :]
    return min(
        next((start for _, start, _ in far if is_open(text[start:])), size),
        next((start for start in near if is_open(text[start:])), size),
    )
