"""A value that is easy to find again, whatever has been done to it."""

from __future__ import annotations

import html
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

Encode = Callable[[str], bytes]


def _base64(encode: Callable[[bytes], bytes], offset: int) -> Encode:
    """What base64 makes of the text somewhere inside of something longer: without what its neighbours decide."""

    def encoded(text: str) -> bytes:
        raw = text.encode()
        length = (offset + len(raw)) // 3 * 3 - offset
        return encode(bytes(offset) + raw[:length])[4 if offset else 0 :]

    return encoded


def _hex(text: str) -> str:
    return text.encode().hex()


def _json_of_each_character(text: str) -> bytes:
    return "".join(f"\\u{ord(character):04x}" for character in text).encode()


def _percent_of_each_byte(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


ENCODINGS: dict[str, Encode] = {
    "utf-8": lambda text: text.encode(),
    "utf-16le": lambda text: text.encode("utf-16le"),
    "utf-16be": lambda text: text.encode("utf-16be"),
    "base64 at offset 0": _base64(b64encode, 0),
    "base64 at offset 1": _base64(b64encode, 1),
    "base64 at offset 2": _base64(b64encode, 2),
    "urlsafe base64 at offset 0": _base64(urlsafe_b64encode, 0),
    "urlsafe base64 at offset 1": _base64(urlsafe_b64encode, 1),
    "urlsafe base64 at offset 2": _base64(urlsafe_b64encode, 2),
    "hex": lambda text: _hex(text).encode(),
    "HEX": lambda text: _hex(text).upper().encode(),
    "hex reversed": lambda text: _hex(text)[::-1].encode(),
    "HEX reversed": lambda text: _hex(text)[::-1].upper().encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "URL in lower case": lambda text: _percent_of_each_byte(text).lower().encode(),
    "URL of each byte": lambda text: _percent_of_each_byte(text).encode(),
    "form": lambda text: quote_plus(text).encode(),
    "JSON": lambda text: json.dumps(text)[1:-1].encode(),
    "JSON of each character": _json_of_each_character,
    "JSON of each character in upper case": lambda text: _json_of_each_character(text).upper().replace(b"\\U", b"\\u"),
    "HTML": lambda text: html.escape(text).encode(),
    "Python": lambda text: ascii(text)[1:-1].encode(),
    "reversed": lambda text: text[::-1].encode(),
}


class Canary:
    """A random value, and the search for it.

    `value` has letters that every encoding leaves alone and signs that each changes. The search leaves out the first
    three and the last four characters, which masks show.
    """

    def __init__(self) -> None:
        run = f"Canary{secrets.token_hex(6)}"
        self.sought = (run, f"{run}/Ω+é&<\">'")
        self.value = f"=== {self.sought[-1]} ==="

    def __repr__(self) -> str:
        # pytest shows the arguments of a failed test, and a search of its output should find real leaks only.
        return "<Canary>"

    def found_in(self, *places: Any) -> list[str]:
        """The encodings in which the value is in `places`: bytes, texts, and what str and repr make of all else."""
        return found_in(self.sought, *places)


def found_in(texts: Iterable[str], *places: Any) -> list[str]:
    """The encodings in which any of `texts` is in `places`; of a text its length stands for it, as it may be secret."""
    haystack = b"\n".join(part for place in places for part in _as_bytes(place))
    return [
        f"{name} of {len(text)} characters"
        for text in texts
        for name, encode in ENCODINGS.items()
        if encode(text) in haystack
    ]


def _as_bytes(place: Any) -> Iterator[bytes]:
    if isinstance(place, bytes | bytearray | memoryview):
        yield bytes(place)
    elif isinstance(place, str):
        yield place.encode("utf-8", "surrogatepass")
    else:
        yield str(place).encode("utf-8", "surrogatepass")
        yield repr(place).encode("utf-8", "surrogatepass")
