"""The rule against ordinary words: which parts of a structured value are secret enough to be looked for in output.

A part is looked for by itself, so it must not be something that other output contains by chance, such as `localhost`.
"""

from __future__ import annotations

import re

MIN_PART = 6
MIN_RANDOM = 16
MAX_WORDS = 20
"""In characters. A longer text is not ordinary, even if it consists of words."""

_SECRET_WORDS = frozenset([
    "apikey", "auth", "authorization", "bearer", "cookie", "cred", "creds", "credential", "credentials",
    "hmac", "jwt", "key", "keys", "license", "otp", "pass", "passcode", "passphrase", "passwd", "password",
    "passwords", "passwort", "pat", "pin", "private", "pwd", "salt", "sas", "secret", "secrets", "seed",
    "session", "sig", "signature", "token", "tokens", "webhook",
])  # fmt: skip
_SECRET_ENDS = ("password", "passwd", "passphrase", "pwd", "secret", "token", "key", "signature")
# A name that ends in one of these tells about a secret: `token_type`, `key_file`. Public keys are no secrets.
_ABOUT_SECRETS = frozenset([
    "alg", "algorithm", "arn", "count", "email", "endpoint", "env", "expiration", "expires", "expiry", "file",
    "host", "id", "length", "max", "min", "method", "mode", "name", "path", "policy", "port", "provider",
    "region", "size", "ttl", "type", "uri", "url", "user", "username", "version",
])  # fmt: skip
_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_SEPARATORS = re.compile(r"[-_./:,\s\\]+")
_WORD = re.compile(r"(?:[A-Z]?[a-z]{3,}|[A-Z]{2,}|[A-Z]?[a-z]{1,2}\b)+|[A-Z]|\d{1,4}|")
_VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)
_DIGITS = "01234567890123456789"
_ORDINARY_SHAPES = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+"  # a mail address
    r"|([a-z][a-z-]*\d{0,3}\.)+[a-z]{2,}(:\d{1,5})?"  # a host, perhaps with a port
    r"|\d{1,3}(\.\d{1,3}){3}([:/]\d{1,5})?"  # an address
    r"|(19|20)\d\d-?[01]\d-?[0-3]\d([T ].*)?"  # a date, perhaps with a time
    r"|v?\d+(\.\d+)+([-+.][a-z]+\.?\d*)?"  # a version
    r"|arn:.*|[a-z][a-z+.-]*://.*"  # a resource
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # a UUID
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\$\{?\w+\}?|\{\{.*\}\}|<.*>|%\w+%")
_MIXED = re.compile(r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9+/]{12,}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Return whether what stands under `name` is a secret, as under `DB_PASSWORD`, `apiKey` or `private_key`."""
    words = [word.lower() for word in _NAME_WORD.findall(name)]
    if not words or "public" in words or (words[-1] in _ABOUT_SECRETS and words[-2:] != ["secret", "id"]):
        return False
    return not _SECRET_WORDS.isdisjoint(words) or words[-1].endswith(_SECRET_ENDS)


def is_secret(text: str) -> bool:
    """Return whether `text` may be a secret if it stands where secrets stand, as under the name `password`."""
    if len(text) < MIN_PART or len(set(text)) < 4 or _PLACEHOLDER.fullmatch(text):
        return False
    return bool(_UUID.fullmatch(text)) or not _is_ordinary(text)


def is_random(text: str) -> bool:
    """Return whether `text` looks like a secret wherever it stands: it has a long run of letters and digits."""
    return len(text) >= MIN_RANDOM and " " not in text and bool(_MIXED.search(text)) and not _is_ordinary(text)


def _is_ordinary(text: str) -> bool:
    if text.isdigit():
        return len(text) < 8 or text in _DIGITS or bool(_ORDINARY_SHAPES.fullmatch(text))
    if _ORDINARY_SHAPES.fullmatch(text):
        return True
    return len(text) < MAX_WORDS and all(map(_is_word, _SEPARATORS.split(text)))


def _is_word(word: str) -> bool:
    """Return whether `word` may be a word of a language or an identifier, or a short number."""
    if len(word) >= MIN_PART and word.isalpha() and 5 * len(_VOWELS.findall(word)) < len(word):
        return False
    return bool(_WORD.fullmatch(word)) or (not word.isascii() and word.isalpha())
