"""Requests that are nearly right: what a faulty client, a proxy or an attacker makes of a good one."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400, 1.5, -0.0, 1e308),
    *("", " ", "\0", "\x1f", "\ud800", "\U0010ffff", "\u202e", "\ufeff", "e\u0301", "null", "true", "NaN", "0x10"),
    *("../../etc/passwd", "%00", "' OR 1=1 --", "{{7*7}}", "${jndi:ldap://x}", "<script>", "a" * 20_000, "A" * 129),
    *("00000000-0000-0000-0000-000000000000", "0" * 32, "urn:uuid:0", "2026-02-30T00:00:00Z", "0000-00-00", "now"),
    *("9999-12-31T23:59:59.999999+14:00", "-1", "1e3", "٣", "admin", "owner", "personal:X", "*", "NAME\n"),
    *([], {}, [[]], [None], {"": ""}, {"$ne": None}, {"__proto__": {}}, ["a"] * 60),
)
NO_TEXTS = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0")
NO_JSON = (b"NaN", b"Infinity", b"-", b"//", b",", b'"', b"\\u")
MEDIA_TYPES = ("text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data", "json")
ODD_QUERIES = ("limit=0", "page=%00", "=é", "x=", f"search={'a' * 3_000}")
ODD_HEADERS = {
    "If-Match": ('"', "*, *", 'W/"x"', '"0"', "a" * 5_000),
    "Idempotency-Key": ("", '"', "a" * 129, "\x80", "one, two"),
    "Accept": ("text/html", "application/xml;q=1", ";;", "*/*;q=0"),
    "Accept-Language": ("de", "xx-" * 200, "*;q=2"),
    "Content-Encoding": ("gzip", "identity", "deflate, gzip"),
    "X-Api-Key": ("nonsense", "a" * 4_000),
    "X-Request-Id": ("\x80", "a" * 1_000, "{}"),
    "X-Forwarded-For": ("::1", "a, b", "127.0.0.1" * 40),
    "Range": ("bytes=0-1",),
    "X-HTTP-Method-Override": ("DELETE",),
}


@dataclass(frozen=True)
class Request:
    """What is sent: the path with its query, the body as bytes, and headers beside those of the client."""

    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]


class Mutator:
    """Makes requests out of good ones, by chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def request(self, method: str, path: str, body: dict[str, Any] | None) -> Request:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._chance.random() < 0.1:
            name = self._chance.choice(list(ODD_HEADERS))
            headers[name] = self._chance.choice(ODD_HEADERS[name])
        if self._chance.random() < 0.03:
            headers["Content-Type"] = self._chance.choice(MEDIA_TYPES)
        if self._chance.random() < 0.1:
            path += f"?{self._chance.choice(ODD_QUERIES)}"
        return Request(method, path, None if body is None else self._body(body), headers)

    def query(self, names: list[str]) -> dict[str, str]:
        """Return parameters, most of which are no good ones."""
        return {name: self._text() for name in self._chance.sample(names, self._chance.randint(0, min(3, len(names))))}

    def _text(self) -> str:
        made = self._chance.choice([*HOSTILE, "10", "name", "-updated_at", "2026-01-31", "secret.created"])
        text = made if isinstance(made, str) else json.dumps(made)
        return text.encode(errors="replace").decode()[:2_000]

    def _body(self, body: dict[str, Any]) -> bytes:
        changed = copy.deepcopy(body)
        for _ in range(self._chance.choice([0, 1, 1, 1, 2, 3])):
            self._change(changed)
        is_ascii = self._chance.random() < 0.5
        text = json.dumps(changed, ensure_ascii=is_ascii).encode(errors="surrogatepass")
        return self._chance.choice(self._of_texts())(text) if self._chance.random() < 0.3 else text

    def _change(self, root: dict[str, Any]) -> None:
        """Change one node of the tree."""
        node: Any = root
        while isinstance(node, dict | list) and node:
            key = self._chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if not isinstance(node[key], dict | list) or not node[key] or self._chance.random() < 0.3:
                break
            node = node[key]
        hostile = copy.deepcopy(self._chance.choice(HOSTILE))
        match self._chance.randrange(6) if node else 5:
            case 0:
                del node[key]
            case 1:
                node[key] = [node[key]]
            case 2:
                node[key] = {str(key): node[key]}
            case 3 if isinstance(node, dict):
                node[self._chance.choice(["id", "user_id", "is_staff", "", "__class__", "version"])] = hostile
            case _ if node:
                node[key] = hostile
            case _:
                root["more"] = hostile

    def _of_texts(self) -> list[Callable[[bytes], bytes]]:
        chance = self._chance

        def flip(text: bytes) -> bytes:
            place = chance.randrange(len(text))
            return text[:place] + bytes([text[place] ^ 1 << chance.randrange(8)]) + text[place + 1 :]

        def insert(text: bytes) -> bytes:
            place = chance.randrange(len(text) + 1)
            return text[:place] + chance.choice(NO_TEXTS + NO_JSON) + text[place:]

        def cut(text: bytes) -> bytes:
            return text[: chance.randrange(len(text))]

        def double_a_key(text: bytes) -> bytes:
            return text[:1] + text[1:-1] + b"," + text[1:]

        def nest(text: bytes) -> bytes:
            depth = chance.choice([10, 200, 5_000])
            return b'{"a":' * depth + text + b"}" * depth

        def follow(text: bytes) -> bytes:
            return text + chance.choice([b"{}", b" \n", b"\0", text])

        def wrap(text: bytes) -> bytes:
            return b"[" + text + b"]"

        return [flip, insert, cut, double_a_key, nest, follow, wrap]
