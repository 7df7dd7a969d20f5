"""The texts of a value that a program may print, and the forms in which it may print them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from secrets_app.redaction.notations import notations
from secrets_app.redaction.parts import parts

MIN_LENGTH = 6
"""In characters. A shorter value would occur by chance in other output, and would hide parts of it."""

FILLERS = b"\r\n\0"
"""The bytes that may stand between any two bytes of a value: line breaks, and the NULs of UTF-16."""

MAX_LINES = 64
"""The lines of a value, and the parts of a structured one, that are looked for by themselves: a key of 4096 bits."""

MIN_SQUEEZED = 12
"""In characters. A shorter text is not looked for without its blanks, because it would occur by chance."""

_LINE_BREAK = re.compile(r"[\r\n]+")
_PEM_ARMOUR = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_HEX_SEPARATORS = ("", ":", " ", "-")


def is_maskable(value: str) -> bool:
    """Return whether `value` can be redacted: it has `MIN_LENGTH` characters without line breaks and outer blanks."""
    return len(_LINE_BREAK.sub("", value).strip()) >= MIN_LENGTH


def forms(value: str) -> Iterator[bytes]:
    """Yield each form of each text of `value`, the plain form of the value first; none if it is not maskable."""
    for text in texts(value):
        yield from text.forms()


def has_words(value: str) -> bool:
    """Return whether `value` is a line of words without structure, which may be wrapped between any two of them."""
    return " " in value.strip() and not _LINE_BREAK.search(value) and next(parts(value), None) is None


class Text(NamedTuple):
    """What a program may print of a value."""

    text: str
    is_rare: bool = False
    """Whether it is looked for only as it is, so that the cost of a start is bounded."""
    encoding: str = "utf-8"

    def forms(self) -> Iterator[bytes]:
        """Yield each form once, without fillers, the plain form first.

        For a text of n bytes, they have about 80 n bytes together.
        """
        return _forms(self)

    def beginnings(self, size: int) -> Iterator[bytes]:
        """Yield a beginning of each form, of `size` bytes or more, or the whole form. Costs the same for any text.

        Forms write every character by itself, so that the forms of a beginning of the text are enough.
        """
        beginning = self.text[:size]
        # Without its fillers, the beginning may be too short.
        return _forms(self if _LINE_BREAK.search(beginning) else self._replace(text=beginning))

    def encoded(self, encoding: str) -> Text | None:
        """Return the text in another encoding than UTF-8; None if that is the same, or does not exist."""
        try:
            self.text.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            return None
        return None if self.text.isascii() else self._replace(encoding=encoding)


def texts(value: str) -> Iterator[Text]:
    """Yield what a program may print of `value`, each once, the value itself first; none if it is not maskable.

    Outer blanks are left out, since they reveal nothing.
    """
    bare = value.strip()
    if not is_maskable(bare):
        return
    yield Text(bare)
    lines = _lines(bare)
    usual = dict.fromkeys([*_respaced(bare), *islice(lines, MAX_LINES), *islice(parts(bare), MAX_LINES)])
    yield from (Text(text) for text in usual if is_maskable(text) and text != bare)
    yield from (Text(text, is_rare=True) for text in dict.fromkeys(lines) if is_maskable(text) and text not in usual)


def _respaced(bare: str) -> Iterator[str]:
    """Yield `bare` with the line breaks of Unix and of Windows, with single blanks, and without blanks."""
    if _LINE_BREAK.search(bare):
        unix = bare.replace("\r\n", "\n")
        yield from (unix, unix.replace("\n", "\r\n"))
    words = bare.split()
    # This is what `echo` prints of an unquoted variable.
    yield " ".join(words)
    # This is what remains of wrapped lines.
    yield from ["".join(words)] * (sum(map(len, words)) >= MIN_SQUEEZED)


def _lines(bare: str) -> Iterator[str]:
    """Yield the lines of `bare`, if there are several, except those that are the same for everybody."""
    lines = _LINE_BREAK.split(bare)
    return (line.strip() for line in lines if len(lines) > 1 and not _PEM_ARMOUR.fullmatch(line.strip()))


def _forms(text: Text) -> Iterator[bytes]:
    plain = text.text.encode(text.encoding, "surrogatepass" if text.encoding == "utf-8" else "strict")
    written = [plain] if text.is_rare else _encodings(plain)
    # Where notations are written, UTF-8 is.
    noted = notations(text.text) if text.encoding == "utf-8" and not text.is_rare else ()
    every = chain(written, (notation.encode("utf-8", "surrogatepass") for notation in noted))
    yield from dict.fromkeys(form.translate(None, FILLERS) for form in every)


def _encodings(plain: bytes) -> Iterator[bytes]:
    yield plain
    yield from _base64(plain)
    yield from _hexadecimal(plain)


def _hexadecimal(plain: bytes) -> Iterator[bytes]:
    for digits in [plain.hex(separator) if separator else plain.hex() for separator in _HEX_SEPARATORS]:
        yield digits.encode()
        yield digits.upper().encode()
    escaped = f"x{plain.hex('x')}"
    yield escaped.replace("x", "\\x").encode()
    yield escaped.upper().replace("X", "\\x").encode()


def _base64(plain: bytes) -> Iterator[bytes]:
    """Yield the base64 of `plain` inside and at the end of a longer text, after 0, 1 and 2 bytes (modulo 3)."""
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        for form in _base64_after(before, shared, plain):
            yield form
            yield form.translate(_URL_SAFE)


def _base64_after(before: int, shared: int, plain: bytes) -> Iterator[bytes]:
    """Yield the base64 of `plain` after `before` bytes, without the first `shared` characters.

    Those hold bits of the preceding bytes.
    """
    # `echo` adds a line break at the end.
    for end in (b"", b"\n"):
        padded = b64encode(bytes(before) + plain + end)[shared:]
        yield padded
        yield padded.rstrip(b"=")
    # A character holds six bits. Only the characters with no bits of what follows `plain` are kept.
    yield padded[: (before + len(plain)) * 8 // 6 - shared]
