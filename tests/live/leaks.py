"""Looks for a text in files, in the spellings in which programs store text."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path


def spellings(text: str) -> dict[str, bytes]:
    """The bytes to look for, by what they are called."""
    raw = text.encode()
    found = {
        "utf-8": raw,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for offset in range(3):
        found[f"base64 at {offset}"] = _core(b64encode(bytes(offset) + raw), offset, len(raw))
        found[f"urlsafe base64 at {offset}"] = _core(urlsafe_b64encode(bytes(offset) + raw), offset, len(raw))
    return found


def leaks(text: str, files: Iterable[Path]) -> list[str]:
    """Where `text` was found, as "path: spelling"."""
    wanted = spellings(text).items()
    found = []
    for path in files:
        content = _content(path)
        found += [f"{path}: {name}" for name, spelling in wanted if spelling in content]
    return found


def _core(encoded: bytes, offset: int, length: int) -> bytes:
    """The characters that depend on the text alone, and not on what stands before or behind it."""
    first, last = -(-offset * 8 // 6), (offset + length) * 8 // 6
    return encoded[first:last]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        # A database removes files of its own as it goes.
        return b""
