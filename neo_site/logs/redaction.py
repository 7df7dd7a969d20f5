"""The last look at a line before it is written: what looks like a credential is taken out.

Nothing should get this far. The values of secrets have no common form, so they are kept away from logs by the type that
holds them, `secrets_app/plaintext.py`, and not by this.
"""

from __future__ import annotations

import re

REDACTED = "(redacted)"

# Each with what stays of it: enough to tell what it was.
PATTERNS = [
    # A header, however it was written down: Authorization: Bearer x, 'HTTP_X_API_KEY': 'x', (b"cookie", b"x").
    (re.compile(r"(?i)(authorization|x[-_]api[-_]key|cookie)(['\"]?\s*[:=,]\s*b?['\"]?)[^'\"\r\n]+"), r"\1\2"),
    (re.compile(r"\b((?i:bearer|basic))\s+(?=\S*[0-9A-Z=])[\w.~+/=-]+"), r"\1 "),
    # Tokens of ours, by prefix; and JSON Web Tokens, whose header begins with {" in base64.
    (re.compile(r"\bneo_([a-z]{1,12})_[\w-]+"), r"neo_\1_"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)+"), ""),
    # The password in an address.
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://[^\s:/@]*:)[^\s/@]+(?=@)"), r"\1"),
]


def redacted(text: str) -> str:
    for pattern, kept in PATTERNS:
        text = pattern.sub(rf"{kept}{REDACTED}", text)
    return text
