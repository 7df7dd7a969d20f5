"""The forms in which a program's output may contain a value."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

from secrets_app.redaction import notations

MIN_LENGTH = 6
"""In characters. A shorter value would occur by chance in other output, and would hide parts of it."""

LINE_BREAKS = b"\r\n"

_LINE_BREAK = re.compile(r"[\r\n]+")
_PEM_ARMOUR = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def is_maskable(value: str) -> bool:
    """Return whether `value` can be redacted: it has `MIN_LENGTH` characters without line breaks and outer blanks."""
    return len(_LINE_BREAK.sub("", value).strip()) >= MIN_LENGTH


def forms(value: str) -> Iterator[bytes]:
    """Yield each form of `value` in UTF-8 without line breaks, the plain form first; none if it is not maskable.

    Forms may repeat. For a value of n bytes, they have about 50 n bytes together.
    """
    for text in filter(is_maskable, _texts(value)):
        for form in _encodings(text):
            yield form.translate(None, LINE_BREAKS)


def encoded_forms(value: str, encoding: str) -> Iterator[bytes]:
    """Yield the forms of `value` in another encoding than UTF-8; none where they would be the same, or none exist."""
    for text in filter(is_maskable, _texts(value)):
        try:
            plain = text.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            continue
        if not text.isascii():
            yield from (form.translate(None, LINE_BREAKS) for form in _bytes_forms(plain))


def _texts(value: str) -> Iterator[str]:
    """Yield the value without outer blanks, since these reveal nothing; then each line, if there are several."""
    bare = value.strip()
    yield bare
    if _LINE_BREAK.search(bare):
        unix = bare.replace("\r\n", "\n")
        yield from (unix, unix.replace("\n", "\r\n"))
        lines = (line.strip() for line in _LINE_BREAK.split(bare))
        # The first and last line of a key are the same for everybody.
        yield from (line for line in lines if not _PEM_ARMOUR.fullmatch(line))


def _encodings(text: str) -> Iterator[bytes]:
    yield from _bytes_forms(text.encode("utf-8", "surrogatepass"))
    for notation in (notations.url, notations.json, notations.html, notations.shell, notations.python):
        yield from (written.encode("utf-8", "surrogatepass") for written in notation(text))


def _bytes_forms(plain: bytes) -> Iterator[bytes]:
    yield plain
    yield from _base64(plain)
    yield plain.hex().encode()
    yield plain.hex().upper().encode()


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
