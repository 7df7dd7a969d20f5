"""The public keys of the identity provider, fetched from its JWKS address (RFC 7517) and held in memory.

Each process fetches them in a thread, one fetch at a time, so that no request waits longer than FETCH_SECONDS, and a
request whose key is held does not wait at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from http.client import HTTPException
from math import inf
from threading import Lock, Thread
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt

from neo_site.signin.compact import json_object

logger = logging.getLogger(__name__)

FETCH_SECONDS = 3
# Keys older than this are fetched again while they still serve; a withdrawn key is accepted at most this long.
FRESH_SECONDS = 300
# Keys older than this no longer serve, even while the provider does not answer.
STALE_SECONDS = 86_400
# The pause between two fetches, so that tokens with unknown key ids cannot cause one each.
REFETCH_SECONDS = 30
# The pause while no keys are held.
RETRY_SECONDS = 10
MAX_BYTES = 2**17
MAX_KEYS = 100
RSA_BITS = range(2048, 8192 + 1)

# For each algorithm, the traits of a key that fits it, and the members that such a key consists of. A key fits at most
# one algorithm, so the header of a token cannot choose another use for it.
_FITS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "RS256": ({"kty": "RSA"}, ("n", "e")),
    "ES256": ({"kty": "EC", "crv": "P-256"}, ("x", "y")),
    "EdDSA": ({"kty": "OKP", "crv": "Ed25519"}, ("x",)),
}
_SPELLINGS = {"Ed25519": "EdDSA"}

Keys = dict[tuple[str, str], jwt.PyJWK]


class KeysUnavailable(Exception):
    """No key is held that could still be trusted, and none could be fetched."""


class KeySet:
    """The keys at one address, by key id and algorithm."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._keys: Keys = {}
        self._read_at = self._tried_at = -inf
        self._fetch: Thread | None = None

    def find(self, key_id: str, algorithm: str) -> jwt.PyJWK | None:
        """Return the key of this id for this algorithm, or None when the provider has none. Raises KeysUnavailable.

        Costs a look into a dictionary; an unknown id, at most once in REFETCH_SECONDS, costs the wait for a fetch.
        """
        if self._age() > FRESH_SECONDS:
            self._begin_fetch()
        key = self._held(key_id, algorithm)
        if key is None:
            self._begin_fetch()
            self._await_fetch()
            key = self._held(key_id, algorithm)
        if key is None and not self._is_usable():
            raise KeysUnavailable
        return key

    def _age(self) -> float:
        return monotonic() - self._read_at

    def _is_usable(self) -> bool:
        return self._age() <= STALE_SECONDS

    def _held(self, key_id: str, algorithm: str) -> jwt.PyJWK | None:
        return self._keys.get((key_id, algorithm)) if self._is_usable() else None

    def _begin_fetch(self) -> None:
        with self._lock:
            pause = REFETCH_SECONDS if self._is_usable() else RETRY_SECONDS
            if monotonic() - self._tried_at < pause or (self._fetch and self._fetch.is_alive()):
                return
            self._tried_at = monotonic()
            self._fetch = Thread(target=self._refresh, name="identity-provider-keys", daemon=True)
            self._fetch.start()

    def _await_fetch(self) -> None:
        fetch = self._fetch
        if fetch is not None:
            fetch.join(FETCH_SECONDS)

    def _refresh(self) -> None:
        try:
            keys = _read(_fetched(self._url))
        except (OSError, HTTPException, ValueError) as error:
            # Keys that are held go on serving. No message is logged: it may quote the answer of the provider.
            logger.warning("identity_provider.keys_not_read error=%s", type(error).__name__)
        else:
            self._keys, self._read_at = keys, monotonic()


@cache
def key_set(url: str) -> KeySet:
    """Return the key set of this process for `url`."""
    return KeySet(url)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect: only the operator chooses where keys come from."""


def _fetched(url: str) -> bytes:
    """Return the body at `url`; raise OSError, HTTPException, or ValueError when it is too large or too slow."""
    deadline = monotonic() + FETCH_SECONDS
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310  (the settings admit HTTP only)
    body = b""
    try:
        with build_opener(_NoRedirects).open(request, timeout=FETCH_SECONDS) as answer:
            while chunk := answer.read1(2**14):
                body += chunk
                if len(body) > MAX_BYTES or monotonic() > deadline:
                    raise ValueError("The key set is too large or arrives too slowly.")
    except HTTPError as error:
        error.close()
        raise
    return body


def _read(body: bytes) -> Keys:
    """Return the keys of a JWK set that may verify tokens; raise ValueError when there is none."""
    entries = (json_object(body) or {}).get("keys")
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError("This is not a JWK set.")
    keys: Keys = {}
    for entry in entries:
        for identity, key in _keys_of(entry):
            keys.setdefault(identity, key)
    if not keys:
        raise ValueError("No key of the set can verify tokens here.")
    return keys


def _keys_of(entry: Any) -> Iterator[tuple[tuple[str, str], jwt.PyJWK]]:
    """Yield the key in a member of the set; nothing when it has no id, is not for signatures or is not public."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or "d" in entry:
        return
    for algorithm, (traits, members) in _FITS.items():
        fits = all(entry.get(name) == value for name, value in traits.items())
        if fits and _is_for_verifying(entry, algorithm) and all(isinstance(entry.get(name), str) for name in members):
            try:
                key = jwt.PyJWK({**traits, **{name: entry[name] for name in members}}, algorithm)
            except jwt.PyJWTError:
                return
            if algorithm != "RS256" or key.key.key_size in RSA_BITS:
                yield (entry["kid"], algorithm), key


def _is_for_verifying(entry: Mapping[str, Any], algorithm: str) -> bool:
    named, operations = entry.get("alg", algorithm), entry.get("key_ops", ["verify"])
    return (
        entry.get("use", "sig") == "sig"
        and isinstance(named, str)
        and _SPELLINGS.get(named, named) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
    )
