"""The index of all forms of the values: it finds them in a text, and tells whether a text ends inside one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping
from operator import itemgetter
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from secrets_app.redaction.forms import MIN_LENGTH, Text, has_words, texts

# The automaton searches only for the beginnings of the forms, so that it fits into the processor's cache. The rest of a
# form is compared afterwards.
HEAD_BYTES = 10

# The fast automaton needs about half a kilobyte of memory for each byte of the heads. If the heads have more bytes than
# this, a slower automaton is used, which needs a tenth of that.
MAX_FAST_BYTES = 200_000

# The bytes of a form are at most this many times the bytes of its text: `\\\\u0001` is JSON in JSON for one byte.
MOST_BYTES = 8


Candidate = tuple[int, int, int]
"""A place at which a form may begin: the number of its head, and the start and the end of the head in the text."""

START = itemgetter(1)

Shows = Callable[[int, int], bool]
"""Whether there may be a form from a start to an end."""


class Group:
    """The forms that begin with one head.

    They are made when the head is first seen in output, since most never are, and those of long values are large.
    """

    __slots__ = ("_head", "_parents", "_patterns", "_references", "_sought", "reach", "shortest")

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._sought: dict[Text, Replacement] = {}
        self._patterns: list[bytes] | None = None
        self.reach = 0
        self.shortest = 4 * MIN_LENGTH

    def add(self, text: Text, replacement: Replacement, length: int) -> None:
        """Add a text with a form that begins with the head and has at least this length."""
        self._sought.setdefault(text, replacement)
        self.shortest = min(self.shortest, length)
        self.reach = max(self.reach, MOST_BYTES * len(text.text.encode("utf-8", "surrogatepass")))

    def longest_at(self, text: bytes, start: int, shows: Shows | None) -> tuple[int, bytes] | None:
        """Return the end of the longest form that begins at `start`, and its reference; None if there is none.

        If there is `shows`, only a form counts for whose start and end it returns true.
        """
        patterns = self._made()
        piece = text[start : start + self.reach]
        # Forms are sorted, so the last one that is not greater than `piece` begins with every form that `piece` begins
        # with. Its parents are therefore all that have to be compared.
        index = bisect_right(patterns, piece) - 1
        while index >= 0:
            pattern = patterns[index]
            if piece.startswith(pattern) and (shows is None or shows(start, start + len(pattern))):
                break
            index = self._parents[index]
        return (start + len(patterns[index]), self._references[index]) if index >= 0 else None

    def is_begun(self, piece: bytes) -> bool:
        """Return whether `piece` is the beginning of a longer form."""
        patterns = self._made()
        index = bisect_right(patterns, piece)
        return index < len(patterns) and patterns[index].startswith(piece)

    def _made(self) -> list[bytes]:
        if self._patterns is None:
            plain: dict[bytes, bytes] = {}
            others: dict[bytes, bytes] = {}
            for text, (reference, is_whole) in self._sought.items():
                for number, form in enumerate(text.forms()):
                    if form.startswith(self._head):
                        (plain if is_whole and not number else others).setdefault(form, reference)
            references = others | plain
            patterns = sorted(references)
            self.reach = max(map(len, patterns), default=0)
            self._references = [references[pattern] for pattern in patterns]
            self._parents = _parents(patterns)
            # Last, because another thread with a stream of the same values may be waiting for them.
            self._patterns = patterns
        return self._patterns


class Replacement(NamedTuple):
    """The reference in place of a text, and whether the text is a whole value."""

    reference: bytes
    is_whole: bool


class Patterns:
    """All forms of the maskable values, each with the reference that replaces it.

    Building takes about a tenth of a millisecond for each text of a value, however long it is. If several values have
    the same form, the reference of the first value in `values` replaces it, unless it is the plain form of a later one.
    """

    __slots__ = ("_automaton", "_groups", "_heads", "has_words", "longest")

    def __init__(self, values: Mapping[str, str], encodings: Collection[str] = ()) -> None:
        groups = _groups(_sought(values, encodings))
        self.has_words = any(map(has_words, values.values()))
        self._heads = list(groups)
        self._groups = list(groups.values())
        self.longest = max((group.reach for group in self._groups), default=0)
        is_small = sum(map(len, self._heads)) <= MAX_FAST_BYTES
        kind = Implementation.DFA if is_small else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(self._heads, implementation=kind)

    def candidates(self, text: bytes) -> list[Candidate]:
        """Return the places in `text` at which a form may begin, from left to right, at most one for each position.

        Compiled code looks at every byte here. The rest of the search looks only at these places.
        """
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        found.sort(key=START)
        return found

    def longest_at(self, text: bytes, candidate: Candidate, shows: Shows | None) -> tuple[int, bytes] | None:
        """Return the end of the longest form that begins at `candidate`, and its reference; None if there is none.

        If there is `shows`, only a form counts for whose start and end it returns true.
        """
        number, start, _ = candidate
        return self._groups[number].longest_at(text, start, shows)

    def is_begun(self, piece: bytes) -> bool:
        """Return whether `piece` is the beginning of a longer form."""
        index = bisect_right(self._heads, piece)
        if index < len(self._heads) and self._heads[index].startswith(piece):
            return True
        # No head is the beginning of another, so that at most the one before `piece` is the beginning of `piece`.
        return index > 0 and piece.startswith(self._heads[index - 1]) and self._groups[index - 1].is_begun(piece)

    def is_well_begun(self, piece: bytes) -> bool:
        """Return whether `piece` begins a form and is too much of it to be shown.

        Too much is `MIN_LENGTH` bytes, or more than a quarter of the form.
        """
        if len(piece) >= MIN_LENGTH:
            return self.is_begun(piece)
        first = bisect_left(self._heads, piece)
        last = bisect_right(self._heads, piece + b"\xff" * MIN_LENGTH)
        return any(4 * len(piece) > group.shortest for group in self._groups[first:last])


def _groups(replacements: Mapping[Text, Replacement]) -> dict[bytes, Group]:
    """Return the groups of the forms of all texts by head, sorted. No head is the beginning of another."""
    sought: dict[bytes, list[tuple[Text, int]]] = {}
    for text in replacements:
        for beginning in text.beginnings(2 * HEAD_BYTES):
            sought.setdefault(beginning[:HEAD_BYTES], []).append((text, len(beginning)))
    groups: dict[bytes, Group] = {}
    last = b""
    for head in sorted(sought):
        if not groups or not head.startswith(last):
            last = head
            groups[head] = Group(head)
        for text, length in sought[head]:
            groups[last].add(text, replacements[text], length)
    return groups


def _sought(values: Mapping[str, str], encodings: Collection[str]) -> dict[Text, Replacement]:
    """Return what replaces each text: the reference of the first value that is the text, or else contains it.

    Whole values come first, so that their forms count before those of parts.
    """
    wholes: dict[Text, Replacement] = {}
    others: dict[Text, Replacement] = {}
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"The value of {name} must be a str.")
        reference = b"{{$%b}}" % name.encode()
        for number, text in enumerate(texts(value)):
            (others if number else wholes).setdefault(text, Replacement(reference, not number))
            for encoded in filter(None, map(text.encoded, encodings)):
                others.setdefault(encoded, Replacement(reference, is_whole=False))
    return wholes | others | wholes


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
