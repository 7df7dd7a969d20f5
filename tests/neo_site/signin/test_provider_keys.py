"""The key set of an identity provider: rotated, withdrawn, wrong, slow or unreachable."""

from __future__ import annotations

import json
import logging
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from django.test import RequestFactory

from neo_site.signin import provider_keys
from neo_site.signin.provider_keys import FETCH_SECONDS, KeySet, KeysUnavailable, key_set
from tests.neo_site.signin.provider import (
    ALGORITHMS,
    Provider,
    claims_for,
    issued,
    key_set_of,
    private_key,
    public_jwk,
)
from tests.neo_site.signin.test_identity_provider import Probe

pytestmark = pytest.mark.once

Found = jwt.PyJWK | None


class Clock:
    """Monotonic time that also moves when told to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(provider_keys, "monotonic", clock)
    return clock


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    key_set.cache_clear()
    yield provider
    provider.close()


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> KeySet:
    return KeySet(provider.url)


def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether it becomes true within seconds: a thread gives no other sign of its end."""
    until = time.monotonic() + 5
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


# What is a key


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_found_by_its_id_for_its_own_algorithm_only(keys: KeySet, algorithm: str) -> None:
    found = keys.find(algorithm, algorithm)

    assert found is not None
    assert found.algorithm_name == algorithm
    assert [keys.find(algorithm, other) for other in (*ALGORITHMS, "HS256", "none") if other != algorithm] == [None] * 4


def test_one_id_may_name_a_key_for_each_algorithm(provider: Provider, keys: KeySet) -> None:
    provider.body = json.dumps({"keys": [public_jwk(name, kid="same") for name in ALGORITHMS]}).encode()

    assert [getattr(keys.find("same", name), "algorithm_name", None) for name in ALGORITHMS] == list(ALGORITHMS)


@pytest.mark.parametrize("named", ["EdDSA", "Ed25519"])
def test_both_names_of_the_edwards_curve_are_known(provider: Provider, keys: KeySet, named: str) -> None:
    provider.body = json.dumps({"keys": [public_jwk("EdDSA", alg=named)]}).encode()

    assert keys.find("EdDSA", "EdDSA") is not None


SECRET = urlsafe_b64encode(b"k" * 64).decode().rstrip("=")
NO_KEYS: dict[str, Any] = {
    "a shared secret": {"kty": "oct", "k": SECRET, "kid": "RS256", "alg": "HS256"},
    "a shared secret named for another algorithm": {"kty": "oct", "k": SECRET, "kid": "RS256", "alg": "RS256"},
    "for encryption": public_jwk("RS256", use="enc"),
    "for other operations": public_jwk("RS256", key_ops=["encrypt"]),
    "operations of no form": public_jwk("RS256", key_ops="verify"),
    "for another algorithm": public_jwk("RS256", alg="PS256"),
    "an algorithm of no form": public_jwk("RS256", alg=["RS256"]),
    "a private key": public_jwk("RS256", d="AAAA"),
    "without an id": {name: value for name, value in public_jwk("RS256").items() if name != "kid"},
    "an id of no form": public_jwk("RS256", kid=1),
    "without a modulus": {name: value for name, value in public_jwk("RS256").items() if name != "n"},
    "a modulus of no form": public_jwk("RS256", n=1),
    "a modulus that is no number": public_jwk("RS256", n="!"),
    "an exponent of one": public_jwk("RS256", e="AQ"),
    "a type of no form": public_jwk("RS256", kty=["RSA"]),
    "another curve": public_jwk("ES384", kid="RS256"),
    "a point beside the curve": public_jwk("ES256", kid="RS256", x=SECRET[:43]),
    "text": "RS256",
    "nothing": None,
    "a list": [],
}


@pytest.mark.parametrize("entry", NO_KEYS.values(), ids=NO_KEYS)
def test_anything_but_public_signature_keys_is_ignored(provider: Provider, keys: KeySet, entry: Any) -> None:
    provider.body = json.dumps({"keys": [entry, public_jwk("EdDSA")]}).encode()

    assert [keys.find("RS256", algorithm) for algorithm in ALGORITHMS] == [None, None, None]
    assert keys.find("EdDSA", "EdDSA") is not None


def test_a_short_rsa_key_is_ignored(provider: Provider, keys: KeySet) -> None:
    small = private_key("RS256-small", 1024).public_key().public_numbers()
    modulus = urlsafe_b64encode(small.n.to_bytes(128, "big")).decode().rstrip("=")
    provider.body = json.dumps({"keys": [public_jwk("RS256", n=modulus), public_jwk("EdDSA")]}).encode()

    assert keys.find("RS256", "RS256") is None


# Rotation


def test_known_keys_cost_one_fetch(provider: Provider, keys: KeySet) -> None:
    for _ in range(20):
        assert keys.find("RS256", "RS256") is not None

    assert provider.asked == 1


def test_a_new_key_is_fetched_when_a_token_first_names_it(provider: Provider, keys: KeySet, clock: Clock) -> None:
    keys.find("RS256", "RS256")
    provider.body = key_set_of("RS256", "RS256-next")

    assert keys.find("RS256-next", "RS256") is None
    clock.ahead += 31
    assert keys.find("RS256-next", "RS256") is not None
    assert provider.asked == 2


def test_unknown_ids_cause_two_fetches_a_minute_at_most(provider: Provider, keys: KeySet, clock: Clock) -> None:
    for second in range(60):
        clock.ahead = second
        for number in range(10):
            assert keys.find(f"unknown-{second}-{number}", "RS256") is None

    assert provider.asked == 2


def test_parallel_requests_cost_one_fetch(provider: Provider, keys: KeySet) -> None:
    provider.pause = 0.1
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: keys.find(["RS256", f"unknown-{number}"][number % 2], "RS256"), range(16)))

    assert [key is not None for key in found] == [True, False] * 8
    assert provider.asked == 1


def test_a_withdrawn_key_ends_with_the_next_fetch(provider: Provider, keys: KeySet, clock: Clock) -> None:
    keys.find("RS256", "RS256")
    provider.body = key_set_of("RS256-next")
    clock.ahead += 301

    keys.find("RS256", "RS256")

    assert eventually(lambda: keys.find("RS256-next", "RS256") is not None)
    assert keys.find("RS256", "RS256") is None


# Away, slow or wrong

WRONG = {
    "no body": b"",
    "no JSON": b"<html>not here</html>",
    "no text": b"\xff\xfe\x00",
    "no object": b"[]",
    "no list": b'{"keys": {"kid": "RS256"}}',
    "no member": b"{}",
    "no keys": b'{"keys": []}',
    "no good keys": json.dumps({"keys": [public_jwk("RS256", use="enc")]}).encode(),
    "cut short": key_set_of("RS256")[:-10],
    "deep": b'{"keys":' + b"[" * 50_000,
    "large": key_set_of("RS256") + b" " * 2**20,
    "many": json.dumps({"keys": [public_jwk("EdDSA", kid=str(number)) for number in range(500)]}).encode(),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_leaves_the_keys_that_are_held(
    provider: Provider, keys: KeySet, clock: Clock, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    keys.find("RS256", "RS256")
    provider.body = body
    clock.ahead += 301

    assert keys.find("RS256", "RS256") is not None
    assert eventually(lambda: "identity_provider.keys_not_read" in caplog.text)
    assert keys.find("RS256", "RS256") is not None
    assert "not here" not in caplog.text


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_gives_no_keys(provider: Provider, keys: KeySet, body: bytes) -> None:
    provider.body = body

    with pytest.raises(KeysUnavailable):
        keys.find("RS256", "RS256")


@pytest.mark.parametrize("status", [204, 301, 302, 307, 403, 404, 429, 500, 503])
def test_other_statuses_and_redirects_give_no_keys(provider: Provider, keys: KeySet, status: int) -> None:
    elsewhere = Provider()
    provider.status, provider.headers = status, {"Location": elsewhere.url}
    provider.body = b""

    with pytest.raises(KeysUnavailable):
        keys.find("RS256", "RS256")
    elsewhere.close()
    assert elsewhere.asked == 0


def test_held_keys_serve_for_a_day_while_the_provider_is_away(provider: Provider, keys: KeySet, clock: Clock) -> None:
    keys.find("RS256", "RS256")
    provider.close()
    for hours in range(24):
        clock.ahead = hours * 3_600
        assert keys.find("RS256", "RS256") is not None

    clock.ahead = 25 * 3_600
    with pytest.raises(KeysUnavailable):
        keys.find("RS256", "RS256")


def test_after_a_failure_the_next_attempt_waits_a_little(provider: Provider, keys: KeySet, clock: Clock) -> None:
    provider.status = 500
    for _ in range(20):
        with pytest.raises(KeysUnavailable):
            keys.find("RS256", "RS256")
    assert provider.asked == 1

    provider.status = 200
    clock.ahead += 11
    assert keys.find("RS256", "RS256") is not None


@pytest.mark.parametrize(("chunk", "pause"), [(2**20, 60), (1, 0.2)], ids=["silent", "dripping"])
def test_a_slow_provider_delays_no_request_with_a_known_key(
    provider: Provider, keys: KeySet, clock: Clock, chunk: int, pause: float
) -> None:
    keys.find("RS256", "RS256")
    provider.chunk, provider.pause = chunk, pause
    clock.ahead += 301

    began = time.monotonic()
    assert keys.find("RS256", "RS256") is not None
    assert time.monotonic() - began < FETCH_SECONDS * 0.8
    assert keys.find("unknown", "RS256") is None
    # The pauses are longer, or many.
    assert time.monotonic() - began < FETCH_SECONDS + 10
    assert FETCH_SECONDS <= 3


@pytest.fixture
def ask(provider: Provider, settings: Any) -> Callable[[str], Any]:
    settings.IDENTITY_PROVIDER = provider.settings()
    return lambda token: Probe.as_view()(RequestFactory().get("/probe", HTTP_AUTHORIZATION=f"Bearer {token}"))


@pytest.mark.django_db
@pytest.mark.parametrize("status", [200, 500])
def test_without_keys_tokens_get_503_and_sessions_still_work(
    provider: Provider, ask: Callable[[str], Any], member: Any, pair: Any, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.status, provider.body = status, b"garbage"
    token = issued(claims_for("member"))

    answer = ask(token)

    assert (answer.status_code, answer.data["code"]) == (503, "identity_provider_unavailable")
    assert int(answer["Retry-After"]) >= 1
    assert answer.content_type == "application/problem+json"
    assert provider.url not in str(answer.data)
    assert ask(pair.access).status_code == 200
    assert token not in caplog.text
