"""The index of all forms of the values: it finds them in a text, and tells whether a text ends inside one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from operator import itemgetter

from ahocorasick_rs import BytesAhoCorasick, Implementation

from secrets_app.redaction.forms import MIN_LENGTH, encoded_forms, forms

# The automaton searches only for the beginnings of the forms, so that it fits into the processor's cache. The rest of a
# form is compared afterwards.
HEAD_BYTES = 16

# The fast automaton needs about half a kilobyte of memory for each byte of the heads. If the heads have more bytes than
# this, a slower automaton is used, which needs a tenth of that.
MAX_FAST_BYTES = 200_000


Candidate = tuple[int, int, int]
"""A place at which a form may begin: the number of its head, and the start and the end of the head in the text."""

START = itemgetter(1)

Group = tuple[int, int, int]
"""The forms that begin with one head: the index of the first, the index after the last, the length of the longest."""


class Patterns:
    """All forms of the maskable values, each with the reference that replaces it.

    Building takes about half a millisecond for each value of 40 characters, and twice that for each line of a value
    with several lines. If several values have the same form, the reference of the first value in `values` replaces it,
    unless it is the plain form of a later one.
    """

    __slots__ = ("_automaton", "_groups", "_parents", "_patterns", "_references", "longest")

    def __init__(self, values: Mapping[str, str], encodings: Collection[str] = ()) -> None:
        references = _references(values, encodings)
        self._patterns = sorted(references)
        self._references = [references[pattern] for pattern in self._patterns]
        self._parents = _parents(self._patterns)
        heads, self._groups = _heads(self._patterns)
        self.longest = max((reach for _, _, reach in self._groups), default=0)
        is_small = sum(map(len, heads)) <= MAX_FAST_BYTES
        kind = Implementation.DFA if is_small else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(heads, implementation=kind)

    def candidates(self, text: bytes) -> list[Candidate]:
        """Return the places in `text` at which a form may begin, from left to right, at most one for each position.

        Compiled code looks at every byte here. The rest of the search looks only at these places.
        """
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        found.sort(key=START)
        return found

    def longest_at(self, text: bytes, candidate: Candidate) -> tuple[int, bytes] | None:
        """Return the end of the longest form that begins at `candidate`, and its reference; None if there is none."""
        head, start, _ = candidate
        first, after, reach = self._groups[head]
        piece = text[start : start + reach]
        # Forms are sorted, so the last one that is not greater than `piece` begins with every form that `piece` begins
        # with. Its parents are therefore all that have to be compared.
        index = bisect_right(self._patterns, piece, first, after) - 1
        while index >= first and not piece.startswith(self._patterns[index]):
            index = self._parents[index]
        return (start + len(self._patterns[index]), self._references[index]) if index >= first else None

    def is_begun(self, piece: bytes) -> bool:
        """Return whether `piece` is the beginning of a longer form."""
        index = bisect_right(self._patterns, piece)
        return index < len(self._patterns) and self._patterns[index].startswith(piece)

    def is_well_begun(self, piece: bytes) -> bool:
        """Return whether `piece` begins a form and is too much of it to be shown.

        Too much is `MIN_LENGTH` bytes, or more than a quarter of the form.
        """
        if len(piece) >= MIN_LENGTH:
            return self.is_begun(piece)
        first = bisect_left(self._patterns, piece)
        last = bisect_right(self._patterns, piece + b"\xff" * MIN_LENGTH)
        return any(4 * len(piece) > len(pattern) for pattern in self._patterns[first:last])


def _references(values: Mapping[str, str], encodings: Collection[str]) -> dict[bytes, bytes]:
    references: dict[bytes, bytes] = {}
    others: dict[bytes, bytes] = {}
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"The value of {name} must be a str.")
        reference = b"{{$%b}}" % name.encode()
        for number, form in enumerate(forms(value)):
            (others if number else references).setdefault(form, reference)
        for encoding in encodings:
            others |= {form: reference for form in encoded_forms(value, encoding) if form not in others}
    return others | references


def _heads(patterns: list[bytes]) -> tuple[list[bytes], list[Group]]:
    """Return the heads of the sorted `patterns`, and the group of each. No head is the beginning of another."""
    heads: list[bytes] = []
    groups: list[Group] = []
    for index, pattern in enumerate(patterns):
        if heads and pattern.startswith(heads[-1]):
            first, _, reach = groups[-1]
            groups[-1] = (first, index + 1, max(reach, len(pattern)))
        else:
            heads.append(pattern[:HEAD_BYTES])
            groups.append((index, index + 1, len(pattern)))
    return heads, groups


def _parents(patterns: list[bytes]) -> list[int]:
    """Return for each of the sorted `patterns` the index of the longest other one with which it begins, or -1."""
    parents: list[int] = []
    begun: list[int] = []
    for index, pattern in enumerate(patterns):
        while begun and not pattern.startswith(patterns[begun[-1]]):
            begun.pop()
        parents.append(begun[-1] if begun else -1)
        begun.append(index)
    return parents
