"""JSON, and the subset of YAML that versions 1.1 and 1.2 read alike."""

from __future__ import annotations

import json as stdlib_json


def json(name: str, value: str) -> str:
    return f"  {stdlib_json.dumps(name)}: {stdlib_json.dumps(value, ensure_ascii=False)}"


def yaml(name: str, value: str) -> str:
    """Return a line in double quotes, so that `no` and `012` stay text, and in ASCII, which every parser accepts."""
    return f'"{name}": "{"".join(map(_yaml_character, value))}"\n'


def _yaml_character(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if 0x20 <= code < 0x7F:
        return character
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
