"""The search for values in a piece of output. At the end of a piece, a match may depend on what comes next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from secrets_app.redaction.patterns import HEAD_BYTES, START, Candidate, Patterns
from secrets_app.redaction.views import ESCAPE, Source, Unbroken, Unwrapped, View, sources

COLOURS_OFF = b"\x1b[m"
LINK = b"\x1b]8;"
LINK_OFF = b"\x1b]8;;\x1b\\"

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
    seen = list(sources(data, is_last=is_open is None))
    found = [_search_view(patterns, view, is_open) for source in seen for view in _views(source, patterns)]
    if len(found) == 1:
        return found[0]
    settled = min(each.settled for each in found)
    for source in seen:
        settled = source.whole(settled)
    matches = {_switch_off(match, data) for each in found for match in each.matches if match[0] < settled}
    return Found(sorted(matches, key=lambda match: (match[0], -match[1], match[2])), settled)


def _views(source: Source, patterns: Patterns) -> Iterator[View]:
    yield Unbroken(source)
    if Unwrapped.is_needed(source.text, patterns.has_words):
        yield Unwrapped(source)


def _switch_off(match: Match, data: bytes) -> Match:
    """Return the match with colours and links switched off after it, if they may have been switched on inside it."""
    start, end, replacement = match
    hidden = data[start:end]
    if ESCAPE not in hidden:
        return match
    return (start, end, replacement + COLOURS_OFF + (LINK_OFF if LINK in hidden else b""))


def _search_view(patterns: Patterns, view: View, is_open: IsOpen | None) -> Found:
    candidates = patterns.candidates(view.text)
    open_from = len(view.text) if is_open is None else _open_from(view.text, candidates, patterns.longest, is_open)
    shows = view.shows(patterns.has_words, patterns.is_begun) if isinstance(view, Unwrapped) else None
    matches = []
    for candidate in candidates:
        if candidate[1] >= open_from:
            break
        if found := patterns.longest_at(view.text, candidate, shows):
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
