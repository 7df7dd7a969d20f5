"""The forms in which a value may turn up in what a program prints."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

from secrets_app.redaction import notations

MIN_LENGTH = 6
"""Characters. A shorter value would be found by chance in any output, and hide what it is not."""

LINE_BREAKS = b"\r\n"

_LINE_BREAK = re.compile(r"[\r\n]+")
_PEM_ARMOUR = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def is_maskable(value: str) -> bool:
    """Whether output can be cleared of `value`: it has `MIN_LENGTH` characters, line breaks and outer blanks aside."""
    return len(_LINE_BREAK.sub("", value).strip()) >= MIN_LENGTH


def forms(value: str) -> Iterator[bytes]:
    """Each form of `value` in UTF-8, the plain one first, without line breaks; none where it is not maskable.

    Some come more than once. For n bytes they add up to about 50 n.
    """
    for text in filter(is_maskable, _texts(value)):
        for form in _encodings(text):
            yield form.translate(None, LINE_BREAKS)


def _texts(value: str) -> Iterator[str]:
    """The value without outer blanks, since these show nothing; then, where it has several lines, each of them."""
    bare = value.strip()
    yield bare
    if _LINE_BREAK.search(bare):
        unix = bare.replace("\r\n", "\n")
        yield from (unix, unix.replace("\n", "\r\n"))
        lines = (line.strip() for line in _LINE_BREAK.split(bare))
        # The first and last line of a key are the same for everybody.
        yield from (line for line in lines if not _PEM_ARMOUR.fullmatch(line))


def _encodings(text: str) -> Iterator[bytes]:
    plain = text.encode("utf-8", "surrogatepass")
    yield plain
    yield from _base64(plain)
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for notation in (notations.url, notations.json, notations.html, notations.shell, notations.python):
        yield from (written.encode("utf-8", "surrogatepass") for written in notation(text))


def _base64(plain: bytes) -> Iterator[bytes]:
    """What `plain` becomes in the middle of a longer text and at its end, after 0, 1 and 2 bytes (modulo 3)."""
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        for form in _base64_after(before, shared, plain):
            yield form
            yield form.translate(_URL_SAFE)


def _base64_after(before: int, shared: int, plain: bytes) -> Iterator[bytes]:
    """`shared` is how many of the first characters hold bits of the bytes before."""
    # A line break at the end is what `echo` adds.
    for end in (b"", b"\n"):
        padded = b64encode(bytes(before) + plain + end)[shared:]
        yield padded
        yield padded.rstrip(b"=")
    # Six bits a character: those that hold bits of `plain` alone.
    yield padded[: (before + len(plain)) * 8 // 6 - shared]
