"""Redacts a stream, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Never

from secrets_app.redaction.patterns import Patterns
from secrets_app.redaction.search import Found, search
from secrets_app.redaction.views import Unbroken


class Redactor:
    """Replaces the values of one set of secrets in one stream of bytes.

    `feed` each piece and write what it returns; at the end write what `flush` returns. What comes out in all does not
    depend on how the stream is cut up. Held back is what may be the beginning of a value, and nothing else; when
    nothing has come for a moment, `idle` gives out what may be shown of that, so that a prompt appears. Bytes that
    belong to no value pass unchanged, whatever they are, and so do values that are not maskable.

    It holds the values in the clear: `repr` shows nothing, and copying and pickling raise TypeError.
    """

    __slots__ = ("_held", "_hidden", "_last", "_patterns")

    _patterns: Patterns
    # Read and not settled. Its beginning is hidden where a replacement or `idle` has spoken for it already; `_last` is
    # that replacement, so that a value that overlaps itself is replaced once.
    _held: bytes
    _hidden: int
    _last: bytes

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` maps names to values. Raises TypeError for a value that is no text, and names it."""
        self._start(Patterns(values))

    def fresh(self) -> Redactor:
        """A redactor of the same values for another stream; costs nothing."""
        other = object.__new__(Redactor)
        other._start(self._patterns)
        return other

    def feed(self, piece: bytes) -> bytes:
        """What is settled of the stream and was not returned before. Raises TypeError where `piece` is not bytes."""
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise TypeError("A Redactor takes bytes; TextRedactor takes text.")
        data = self._held + piece
        if self._held and self._patterns.is_begun(Unbroken(data).text):
            self._held = data
            return b""
        return self._advance(data, search(self._patterns, data, self._patterns.is_begun))

    def flush(self) -> bytes:
        """What was held back, for the stream has ended. The redactor is then as new."""
        rest = self._advance(self._held, search(self._patterns, self._held, None))
        self._start(self._patterns)
        return rest

    def idle(self) -> bytes:
        """What was held back, but for what is likely to be half a value.

        Of a value that comes slowly this shows `MIN_LENGTH` - 1 bytes at most, and a quarter at most. They are not
        forgotten: when the others come, those are replaced.
        """
        found = search(self._patterns, self._held, self._patterns.is_well_begun)
        shown = min([found.settled, *(start for start, _, _ in found.matches)])
        out = self._held[self._hidden : shown]
        self._hidden, self._last = max(self._hidden, shown), b""
        return out

    def redact(self, data: bytes) -> bytes:
        """The whole of `data` redacted, apart from the stream."""
        stream = self.fresh()
        return stream.feed(data) + stream.flush()

    def _advance(self, data: bytes, found: Found) -> bytes:
        """Returns `data` up to where it is settled, with replacements, and keeps the rest."""
        out: list[bytes] = []
        hidden = self._hidden
        for start, end, replacement in found.matches:
            if end <= hidden:
                continue
            if start >= hidden:
                out += (data[hidden:start], replacement)
            elif replacement != self._last:
                out.append(replacement)
            hidden, self._last = end, replacement
        out.append(data[hidden : found.settled])
        self._held, self._hidden = data[found.settled :], max(0, hidden - found.settled)
        return b"".join(out)

    def _start(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._held, self._hidden, self._last = b"", 0, b""

    def __repr__(self) -> str:
        return "<Redactor>"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("A Redactor holds values; it cannot be copied or pickled. `fresh` makes another.")


class TextRedactor:
    """The same for a stream of text: `feed`, `flush`, `idle`, `fresh` and `redact` take and return `str`."""

    __slots__ = ("_bytes",)

    def __init__(self, values: Mapping[str, str] | Redactor) -> None:
        """`values`, or a redactor of them, which stays as it is."""
        self._bytes = values.fresh() if isinstance(values, Redactor) else Redactor(values)

    def fresh(self) -> TextRedactor:
        return TextRedactor(self._bytes)

    def feed(self, piece: str) -> str:
        return _text(self._bytes.feed(_raw(piece)))

    def flush(self) -> str:
        return _text(self._bytes.flush())

    def idle(self) -> str:
        return _text(self._bytes.idle())

    def redact(self, text: str) -> str:
        return _text(self._bytes.redact(_raw(text)))

    def __repr__(self) -> str:
        return "<TextRedactor>"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("A TextRedactor holds values; it cannot be copied or pickled. `fresh` makes another.")


def _raw(text: str) -> bytes:
    # Lone surrogates stand for bytes that were no UTF-8, in file names for instance. They pass.
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
