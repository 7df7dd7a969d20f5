"""Where in a text a form of a value stands, or begins to stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from operator import itemgetter

from ahocorasick_rs import BytesAhoCorasick, Implementation

from secrets_app.redaction.forms import MIN_LENGTH, forms

# The automaton knows only how the forms begin, which keeps it small and in the processor's cache; the rest is compared.
HEAD_BYTES = 16

# The fast automaton takes about half a kilobyte for each byte of the heads; beyond this sum, one that takes a tenth.
MAX_FAST_BYTES = 200_000


Candidate = tuple[int, int, int]
"""Number of the head, start, and end of the head."""

START = itemgetter(1)

Group = tuple[int, int, int]
"""Index of the first form that begins with a head, the index after the last, and the length of the longest."""


class Patterns:
    """Every form of the maskable ones among `values`, sorted, each with the reference that takes its place.

    Building takes about half a millisecond for each value of 40 characters, and twice that for each line of a value of
    many lines. A form that belongs to several values goes to the first of them, in the order of `values`, unless it is
    the plain form of a later one.
    """

    __slots__ = ("_automaton", "_groups", "_parents", "_patterns", "_references", "longest")

    def __init__(self, values: Mapping[str, str]) -> None:
        references = _references(values)
        self._patterns = sorted(references)
        self._references = [references[pattern] for pattern in self._patterns]
        self._parents = _parents(self._patterns)
        heads, self._groups = _heads(self._patterns)
        self.longest = max((reach for _, _, reach in self._groups), default=0)
        is_small = sum(map(len, heads)) <= MAX_FAST_BYTES
        kind = Implementation.DFA if is_small else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(heads, implementation=kind)

    def candidates(self, text: bytes) -> list[Candidate]:
        """Where the head of a form stands, from left to right, one at most for each place.

        This looks at every byte, in compiled code; the rest of the search looks at these places only.
        """
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        found.sort(key=START)
        return found

    def longest_at(self, text: bytes, candidate: Candidate) -> tuple[int, bytes] | None:
        """The end of the longest form that stands there, and its reference."""
        head, start, _ = candidate
        first, after, reach = self._groups[head]
        piece = text[start : start + reach]
        # Whatever begins `piece` also begins the last form that is not greater.
        index = bisect_right(self._patterns, piece, first, after) - 1
        while index >= first and not piece.startswith(self._patterns[index]):
            index = self._parents[index]
        return (start + len(self._patterns[index]), self._references[index]) if index >= first else None

    def is_begun(self, piece: bytes) -> bool:
        """Whether `piece` is the beginning of a longer form."""
        index = bisect_right(self._patterns, piece)
        return index < len(self._patterns) and self._patterns[index].startswith(piece)

    def is_well_begun(self, piece: bytes) -> bool:
        """Whether `piece` begins a form and is more of it than may be shown: `MIN_LENGTH` bytes, or over a quarter."""
        if len(piece) >= MIN_LENGTH:
            return self.is_begun(piece)
        first = bisect_left(self._patterns, piece)
        last = bisect_right(self._patterns, piece + b"\xff" * MIN_LENGTH)
        return any(4 * len(piece) > len(pattern) for pattern in self._patterns[first:last])


def _references(values: Mapping[str, str]) -> dict[bytes, bytes]:
    references: dict[bytes, bytes] = {}
    others: dict[bytes, bytes] = {}
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"The value of {name} must be text.")
        reference = b"{{$%b}}" % name.encode()
        for number, form in enumerate(forms(value)):
            (others if number else references).setdefault(form, reference)
    return others | references


def _heads(patterns: list[bytes]) -> tuple[list[bytes], list[Group]]:
    """How the sorted `patterns` begin, so that no head begins another, and which of them begin with each."""
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
    """For each of the sorted `patterns` the index of the longest other one that it begins with, or -1."""
    parents: list[int] = []
    begun: list[int] = []
    for index, pattern in enumerate(patterns):
        while begun and not pattern.startswith(patterns[begun[-1]]):
            begun.pop()
        parents.append(begun[-1] if begun else -1)
        begun.append(index)
    return parents
