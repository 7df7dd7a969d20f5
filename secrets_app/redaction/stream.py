"""Redactors of streams, which take a stream piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Never

from secrets_app.redaction.patterns import Patterns
from secrets_app.redaction.search import Found, search
from secrets_app.redaction.views import Data, Unbroken


class Redactor:
    """A redactor that replaces the values of one set of secrets in one stream of bytes.

    Call `feed` with each piece and write what it returns; at the end, write what `flush` returns. The whole output does
    not depend on how the stream is divided into pieces. Only what may be the beginning of a value is held back. If
    nothing arrives for a moment, call `idle` and write what it returns, so that a prompt appears. All other bytes pass
    unchanged, and so do values that are not maskable.

    A redactor holds plaintext: `repr` shows none of it, and copying and pickling raise TypeError.
    """

    __slots__ = ("_held", "_hidden", "_last", "_patterns")

    _patterns: Patterns
    # `_held` was read and is not settled. Its first `_hidden` bytes are not written again, since a replacement or
    # `idle` has taken their place. `_last` is that replacement, so that a value that overlaps itself is replaced once.
    _held: bytes
    _hidden: int
    _last: bytes

    def __init__(self, values: Mapping[str, str], encodings: Collection[str] = ()) -> None:
        """Take `values` by name, and the encodings beside UTF-8 in which the stream may contain them.

        Raises TypeError, with the name, for a value that is not a str.
        """
        self._start(Patterns(values, encodings))

    def fresh(self) -> Redactor:
        """Return a redactor of the same values for another stream, at no cost."""
        other = object.__new__(Redactor)
        other._start(self._patterns)
        return other

    def feed(self, piece: bytes) -> bytes:
        """Return the output up to where it is settled, after what was returned before.

        Raises TypeError if `piece` is not bytes.
        """
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise TypeError("Redactor takes bytes. Use TextRedactor for str.")
        data = self._held + piece
        if self._held and self._patterns.is_begun(Unbroken(Data(data)).text):
            self._held = data
            return b""
        return self._advance(data, search(self._patterns, data, self._patterns.is_begun))

    def flush(self) -> bytes:
        """End the stream: return the rest of its output. The redactor can then be used for another stream."""
        rest = self._advance(self._held, search(self._patterns, self._held, None))
        self._start(self._patterns)
        return rest

    def idle(self) -> bytes:
        """Return what was held back, except for what is likely to be half a value.

        Of a value that arrives slowly, this shows at most `MIN_LENGTH` - 1 bytes, and at most a quarter. When the rest
        arrives, the rest is replaced.
        """
        found = search(self._patterns, self._held, self._patterns.is_well_begun)
        shown = min([found.settled, *(start for start, _, _ in found.matches)])
        out = self._held[self._hidden : shown]
        self._hidden, self._last = max(self._hidden, shown), b""
        return out

    def redact(self, data: bytes) -> bytes:
        """Return all of `data` redacted, without a change to the stream."""
        stream = self.fresh()
        return stream.feed(data) + stream.flush()

    def _advance(self, data: bytes, found: Found) -> bytes:
        """Return `data` up to where it is settled, with replacements, and hold the rest back."""
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
        raise TypeError("A Redactor holds plaintext and cannot be copied or pickled. Call its method fresh() instead.")


class TextRedactor:
    """A `Redactor` for a stream of text: `feed`, `flush`, `idle` and `redact` take and return str."""

    __slots__ = ("_bytes",)

    def __init__(self, values: Mapping[str, str] | Redactor) -> None:
        """Take `values` by name, or an existing redactor of them, which is not changed."""
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
        raise TypeError(
            "A TextRedactor holds plaintext and cannot be copied or pickled. Call its method fresh() instead."
        )


def _raw(text: str) -> bytes:
    # Lone surrogates represent bytes that are not UTF-8, in file names for example. They are not an error.
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
