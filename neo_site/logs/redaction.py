"""The last check of a message before it is written: what looks like a credential is redacted.

No credential should get this far. The values of secrets have no common form, so what keeps them out of logs is the type
that holds them, in `secrets_app/plaintext.py`.
"""

from __future__ import annotations

import re

REDACTED = "(redacted)"

# What a text must have for the pattern to find anything; the pattern; and what stays, enough to tell the kind of it.
PATTERNS = [
    # A header, however it is written: Authorization: Bearer x, 'HTTP_X_API_KEY': 'x', (b"cookie", b"x").
    (
        "authorization|api[-_]key|cookie",
        re.compile(r"(?i)(authorization|x[-_]api[-_]key|cookie)(['\"]?\s*[:=,]\s*b?['\"]?)[^'\"\r\n]+"),
        r"\1\2",
    ),
    ("bearer|basic", re.compile(r"\b((?i:bearer|basic))\s+(?=\S*[0-9A-Z=])[\w.~+/=-]+"), r"\1 "),
    # Tokens of this site, by their prefix; and JSON Web Tokens, whose header begins with {" in base64.
    ("neo_", re.compile(r"\bneo_([a-z]{1,12})_[\w-]+"), r"neo_\1_"),
    ("eyJ", re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)+"), ""),
    # The password in an address.
    ("://", re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://[^\s:/@]*:)[^\s/@]+(?=@)"), r"\1"),
]
# Most messages have none of them, and are looked at once.
ANY_SIGN = re.compile("|".join(sign for sign, _, _ in PATTERNS), re.IGNORECASE)


def redacted(text: str) -> str:
    """Return `text` with everything that looks like a credential replaced by a mark."""
    for _, pattern, kept in PATTERNS if ANY_SIGN.search(text) else ():
        text = pattern.sub(rf"{kept}{REDACTED}", text)
    return text
