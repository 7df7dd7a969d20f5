"""The secret parts of structured values, which programs print by themselves: the password of a URL, members of JSON.

Text is not parsed strictly, since programs accept much that no standard allows. What is too ordinary to be looked for
by itself is no part: see `ordinary`.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from secrets_app.redaction.ordinary import is_random, is_secret, is_secret_name

MAX_DEPTH = 4
"""How many structures are looked for inside of one another, such as a URL in a JSON string in a line `KEY=…`."""

_USER_INFO = re.compile(r"://(?:([^\s/?#\"'<>]+)|([^\s/?#\"'<>@:]*:[^\s\"'<>@]+))@")
_URL_PATH = re.compile(r"://[^\s/?#\"'<>]+(/[^\s?#\"'<>]+)")
_AUTHORIZATION = re.compile(r"\b(?:Bearer|Basic|Token|Bot|ApiKey|Negotiate)[ \t]+([\w.~+/=:-]+)", re.IGNORECASE)
_NAME = r"(?<![\w.-])([A-Za-z_][\w.-]{0,63})[\"']?[ \t]*"
_ASSIGNMENT = re.compile(
    _NAME + r"(?:=>|:=|[=:])[ \t]*"
    r"(?:\"((?:[^\"\\\r\n]|\\.)*)\"|'((?:[^'\\\r\n]|\\.)*)'|\{([^}\r\n]*)\}|(?!//)([^\s;,&\"']+))"
)
_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{0,63})[ \t]*[=:][ \t]*([^\r\n]*[^\s])", re.MULTILINE)
_OPTION = re.compile(r"(?<!\S)(--[\w-]{1,64}|password)\s+(\S+)")
_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(.*?)-----END ", re.DOTALL)
_KEY_LINE = re.compile(r"(?<![^\s\\])[A-Za-z0-9+/=]+(?![^\s\\])")
_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{16,}={0,2}[\r\n]*")


def parts(value: str) -> Iterator[str]:
    """Yield the secret parts of `value`, also of structures inside of it; none if it has no structure."""
    yield from _parts(value, MAX_DEPTH)


def _parts(text: str, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    document = _parsed(text)
    if document is not None:
        yield from _members(document, depth)
        return
    yield from _of_keys(text)
    yield from _of_urls(text)
    for found in _AUTHORIZATION.finditer(text):
        yield from _under_name(found[1], depth)
    yield from _of_assignments(text, depth)
    if (decoded := _decoded(text)) is not None:
        yield decoded
        yield from _parts(decoded, depth - 1)


def _under_name(text: str, depth: int) -> Iterator[str]:
    """Yield the parts of a text that stands where secrets stand, first of all itself."""
    if is_secret(text):
        yield text
    yield from _pair(_decoded(text) or "")
    yield from _parts(text, depth - 1)


def _pair(text: str) -> Iterator[str]:
    """Yield a password, and its user with it."""
    user, colon, password = text.partition(":")
    if colon and is_secret(password) and not re.search(r"\s", user):
        yield from (text, password)


def _members(document: Any, depth: int) -> Iterator[str]:
    """Yield the secret members of a JSON document: by their names, or because they look random."""
    for name, text in _leaves(document):
        if is_secret_name(name):
            yield from _under_name(text, depth)
        else:
            yield from _without_name(text, depth)


def _leaves(document: Any) -> Iterator[tuple[str, str]]:
    """Yield each string and number in a JSON document, with its name. Documents may be deeper than calls can be."""
    nodes = deque([("secret", document)])
    while nodes:
        name, node = nodes.popleft()
        if isinstance(node, dict):
            nodes.extend(node.items())
            # A list of environment variables is often written this way.
            if isinstance(node.get("name"), str):
                nodes.append((node["name"], node.get("value")))
        elif isinstance(node, list):
            nodes.extend((name, member) for member in node)
        elif isinstance(node, str | int | float) and not isinstance(node, bool):
            yield name, str(node).strip()


def _without_name(text: str, depth: int) -> Iterator[str]:
    """Yield the parts of a text with no telling name: itself, if it looks random."""
    yield from [text] * is_random(text)
    yield from _parts(text, depth - 1)


def _of_keys(text: str) -> Iterator[str]:
    """Yield the body of each private key, and each of its lines; a line break may be written as `\\n`."""
    for found in _KEY.finditer(text):
        lines = _KEY_LINE.findall(re.sub(r"\\[rn]", "\n", found[1]))
        yield "".join(lines)
        yield from lines


def _of_urls(text: str) -> Iterator[str]:
    """Yield the passwords of URLs and their users with them, as written and decoded, and random users and paths."""
    for strict, lax in _USER_INFO.findall(text):
        written = strict or lax
        user, colon, _ = written.partition(":")
        for info in (written, unquote(written)):
            yield from _pair(info if colon else "")
        # The decoded password may contain the first colon.
        if colon:
            yield from filter(is_secret, [unquote(written.partition(":")[2])])
        yield from filter(is_random, (user, unquote(user)))
    for path in _URL_PATH.findall(text):
        yield from filter(is_random, path.split("/"))


def _of_assignments(text: str, depth: int) -> Iterator[str]:
    """Yield what is assigned to names: in lines `KEY=value`, connection strings, queries, YAML, options."""
    for name, *written in _ASSIGNMENT.findall(text):
        for quoted in filter(None, written):
            for assigned in dict.fromkeys((quoted, re.sub(r"\\(.)", r"\1", quoted), unquote(quoted))):
                if is_secret_name(name):
                    yield from _under_name(assigned, depth)
                else:
                    # Only what is quoted can have a structure that is not found in the whole text.
                    yield from _without_name(assigned, depth if quoted != written[-1] else 1)
    for name, rest in [*_LINE.findall(text), *_OPTION.findall(text)]:
        if is_secret_name(name) and is_secret(rest):
            yield rest


def _parsed(text: str) -> Any:
    """Return the JSON document in `text`, or None."""
    if not text.startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _decoded(text: str) -> str | None:
    """Return the text of which `text` is the base64, or None if it is no text."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        decoded = b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return decoded if decoded.replace("\r", "").replace("\n", "").replace("\t", "").isprintable() else None
