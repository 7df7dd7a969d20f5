from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from itertools import product
from string import ascii_letters, digits
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.utils import aware_utcnow

from neo_site.signin import backend as backend_module
from neo_site.signin.backend import token_backend
from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from tests.neo_site.signin.conftest import Ask, Post
from tests.neo_site.signin.forging import ABSENT, PLAIN_HEADER, changed, claims_of, seconds_from_now, signed, unsigned

Refused = Callable[[str, str], None]

pytestmark = pytest.mark.django_db

NONE_IN_EACH_CASE = ["".join(letters) for letters in product("nN", "oO", "nN", "eE")]
NOT_TIMES = [ABSENT, None, True, "soon", "9999999999", 9999999999.0, 1e300, [], {}, -1, 10**30]
AN_ID = "1f0e9d8c-7b6a-4594-8372-6a5b4c3d2e1f"
ODD_UUIDS = [AN_ID.upper(), AN_ID.replace("-", ""), f"{AN_ID}\n", f"{{{AN_ID}}}", f"urn:uuid:{AN_ID}"]
NOT_IDS = [ABSENT, None, True, 1, 1.5, "", "x", [], {}, *ODD_UUIDS]
NOT_SUBJECTS = [ABSENT, None, True, 1, 1.5, "", "0", "01", " 1", "1 ", "\u0661", "admin", "\x00", [], ["1"], {}, 10**30]


@pytest.fixture
def refused(ask: Ask, post: Post, pair: TokenPair) -> Refused:
    """Assert that an access and a refresh token are accepted nowhere, and that no harm was done."""

    def check(access: str, refresh: str) -> None:
        answers = [ask(access), post("token/refresh", {"refresh": refresh}), post("token/revoke", {"refresh": refresh})]
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        assert ask(pair.access).status_code == 200
        assert Session.objects.get().rotated_at is None

    return check


def test_a_forged_token_without_changes_is_accepted(ask: Ask, post: Post, pair: TokenPair) -> None:
    assert ask(changed(pair.access)).status_code == 200
    assert ask(changed(pair.access, nbf=seconds_from_now(-10))).status_code == 200
    assert post("token/refresh", {"refresh": changed(pair.refresh)}).status_code == 200


def test_a_remembered_token_still_expires(ask: Ask, pair: TokenPair, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(pair.access).status_code == 200
    later = aware_utcnow() + api_settings.ACCESS_TOKEN_LIFETIME + api_settings.LEEWAY
    monkeypatch.setattr(tokens, "aware_utcnow", lambda: later)
    assert ask(pair.access).status_code == 401


def test_what_is_remembered_of_a_token_is_a_hash_and_its_claims(pair: TokenPair) -> None:
    backend = token_backend.__wrapped__()
    claims = backend.decode(pair.access)
    claims["sub"] = "another"
    assert backend.decode(pair.access)["sub"] != "another"
    assert list(backend._verified) == [sha256(pair.access.encode()).digest()]


def test_only_so_many_tokens_are_remembered(pair: TokenPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "MAX_REMEMBERED", 2)
    backend = token_backend.__wrapped__()
    for seconds in range(5):
        backend.decode(changed(pair.access, exp=seconds_from_now(60 + seconds)))
    assert len(backend._verified) <= 2


def test_neither_kind_of_token_serves_as_the_other(refused: Refused, pair: TokenPair) -> None:
    refused(pair.refresh, pair.access)


@pytest.mark.parametrize("token_type", [ABSENT, None, True, "", "Access", "task", ["access", "refresh"], {}])
def test_a_token_of_no_known_type_is_refused(refused: Refused, pair: TokenPair, token_type: Any) -> None:
    refused(changed(pair.access, token_type=token_type), changed(pair.refresh, token_type=token_type))


@pytest.mark.parametrize("algorithm", [*NONE_IN_EACH_CASE, "", None, " none", "none\x00"])
def test_a_token_without_signature_is_refused(refused: Refused, pair: TokenPair, algorithm: Any) -> None:
    header = {"alg": algorithm, "typ": "JWT"}
    refused(unsigned(claims_of(pair.access), header=header), unsigned(claims_of(pair.refresh), header=header))
    refused(f"{pair.access.rpartition('.')[0]}.", pair.refresh.rpartition(".")[0])


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_size_of_hmac_with_the_same_key_is_refused(refused: Refused, pair: TokenPair, algorithm: Any) -> None:
    header = {"alg": algorithm, "typ": "JWT"}
    refused(
        signed(claims_of(pair.access), header=header, hashed_with=algorithm),
        signed(claims_of(pair.refresh), header=header, hashed_with=algorithm),
    )


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA", "hs256", ["HS256"], {"HS256": 1}, 256, None])
def test_another_algorithm_named_over_an_hmac_is_refused(refused: Refused, pair: TokenPair, algorithm: Any) -> None:
    header = {"alg": algorithm, "typ": "JWT"}
    refused(signed(claims_of(pair.access), header=header), signed(claims_of(pair.refresh), header=header))


@pytest.mark.parametrize("key", ["", "secret", "x" * 64])
def test_another_key_is_refused(refused: Refused, pair: TokenPair, key: str) -> None:
    refused(signed(claims_of(pair.access), key=key), signed(claims_of(pair.refresh), key=key))


@pytest.mark.parametrize(
    "header",
    [
        {**PLAIN_HEADER, "kid": "../../../../dev/null"},
        {**PLAIN_HEADER, "kid": "1"},
        {**PLAIN_HEADER, "kid": 1},
        {**PLAIN_HEADER, "kid": None},
        {**PLAIN_HEADER, "jku": "https://attacker.example/keys"},
        {**PLAIN_HEADER, "jwk": {"kty": "oct", "k": "AAAA"}},
        {**PLAIN_HEADER, "x5u": "https://attacker.example/cert"},
        {**PLAIN_HEADER, "x5c": []},
        {**PLAIN_HEADER, "crit": ["exp"], "exp": 0},
        {**PLAIN_HEADER, "crit": []},
        {**PLAIN_HEADER, "b64": False, "crit": ["b64"]},
        {**PLAIN_HEADER, "b64": True},
        {**PLAIN_HEADER, "cty": "JWT"},
        {**PLAIN_HEADER, "zip": "DEF"},
        {**PLAIN_HEADER, "typ": "at+jwt"},
        {**PLAIN_HEADER, "typ": "jwt"},
        {"alg": "HS256"},
        {"typ": "JWT"},
        {},
        [],
        "HS256",
        None,
        b"",
        b"{",
        b"\xff",
        b"[" * 2000,
    ],
)
def test_a_header_of_anything_but_alg_and_typ_is_refused(refused: Refused, pair: TokenPair, header: Any) -> None:
    refused(signed(claims_of(pair.access), header=header), signed(claims_of(pair.refresh), header=header))


@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("value", NOT_TIMES)
def test_a_time_must_be_a_whole_number(refused: Refused, pair: TokenPair, claim: str, value: Any) -> None:
    refused(changed(pair.access, **{claim: value}), changed(pair.refresh, **{claim: value}))


@pytest.mark.parametrize("value", NOT_TIMES[1:])
def test_a_not_before_must_be_a_whole_number(refused: Refused, pair: TokenPair, value: Any) -> None:
    refused(changed(pair.access, nbf=value), changed(pair.refresh, nbf=value))


@pytest.mark.parametrize(
    ("claim", "seconds"), [("exp", -10), ("exp", -(10**9)), ("iat", 10), ("nbf", 10), ("nbf", 10**9)]
)
def test_a_token_of_the_past_or_of_the_future_is_refused(
    refused: Refused, pair: TokenPair, claim: str, seconds: int
) -> None:
    moment = seconds_from_now(seconds)
    refused(changed(pair.access, **{claim: moment}), changed(pair.refresh, **{claim: moment}))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_of_the_future_is_told_from_a_bad_one(
    client: Client, pair: TokenPair, claim: str, caplog: pytest.LogCaptureFixture
) -> None:
    early = changed(pair.access, **{claim: seconds_from_now(60)})
    answer = client.get("/api/v1/secrets", headers={"Authorization": f"Bearer {early}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.json()["detail"].startswith("The token comes from the future by this server's clock.")
    assert "token.from_the_future" in caplog.text
    forged = client.get("/api/v1/secrets", headers={"Authorization": f"Bearer {early[:-4]}AAAA"})
    assert forged.json()["detail"] == "The token is invalid or has expired. Sign in again."


@pytest.mark.parametrize("claim", ["jti", "sid"])
@pytest.mark.parametrize("value", NOT_IDS)
def test_an_id_must_be_a_canonical_uuid(refused: Refused, pair: TokenPair, claim: str, value: Any) -> None:
    refused(changed(pair.access, **{claim: value}), changed(pair.refresh, **{claim: value}))


@pytest.mark.parametrize("value", NOT_SUBJECTS)
def test_a_subject_that_is_not_the_session_s_user_is_refused(
    refused: Refused, member: Any, pair: TokenPair, value: Any
) -> None:
    member.refresh_from_db()
    refused(changed(pair.access, sub=value), changed(pair.refresh, sub=value))


def test_another_user_s_key_in_one_s_own_session_is_refused(refused: Refused, stranger: Any, pair: TokenPair) -> None:
    refused(changed(pair.access, sub=str(stranger.pk)), changed(pair.refresh, sub=str(stranger.pk)))


@pytest.mark.parametrize("claim", ["iss", "aud"])
@pytest.mark.parametrize("value", [ABSENT, None, "", "another", 1, [], {}, ["neo-secrets", "neo-secrets-api"]])
def test_another_issuer_or_audience_is_refused(refused: Refused, pair: TokenPair, claim: str, value: Any) -> None:
    refused(changed(pair.access, **{claim: value}), changed(pair.refresh, **{claim: value}))


@pytest.mark.parametrize("payload", [[], "text", None, 1, b"", b"{", b"\xff\xfe", b'{"a":' * 600, b"9" * 2500, b"NaN"])
def test_a_signed_payload_must_be_an_object(refused: Refused, payload: Any) -> None:
    refused(signed(payload), signed(payload))


def test_a_payload_under_another_payload_s_signature_is_refused(refused: Refused, pair: TokenPair) -> None:
    def tampered(token: str) -> str:
        header, _, signature = token.split(".")
        return ".".join([header, changed(token, sub="1", exp=seconds_from_now(10**6)).split(".")[1], signature])

    refused(tampered(pair.access), tampered(pair.refresh))


@pytest.mark.parametrize("size", [4_000, 20_000])
def test_an_oversized_token_is_refused_though_correctly_signed(refused: Refused, pair: TokenPair, size: int) -> None:
    refused(changed(pair.access, padding="x" * size), changed(pair.refresh, padding="x" * size))


Mutation = Callable[[str], str]
ALPHABET = ascii_letters + digits + "-_"


def replacing(place: int, count: int, content: str) -> Mutation:
    """Replace `count` characters by `content`; a place of -1 is the end."""

    def mutate(token: str) -> str:
        at = place % (len(token) + 1)
        return f"{token[:at]}{content}{token[at + count :]}"

    return mutate


def with_segment(index: int, content: bytes) -> Mutation:
    """Replace the header, the payload or the signature by the encoded `content`."""

    def mutate(token: str) -> str:
        segments = token.split(".")
        segments[index] = signed(content).split(".")[1]
        return ".".join(segments)

    return mutate


PLACES = st.integers(0, 10**6)
MUTATIONS = st.one_of(
    st.builds(replacing, PLACES, st.integers(0, 80), st.text(max_size=5)),
    st.builds(replacing, PLACES, st.just(1), st.sampled_from(ALPHABET)),
    st.builds(replacing, st.just(-1), st.just(0), st.text(alphabet="=.,_-A \n\t\x00\u00e9", min_size=1, max_size=4)),
    st.builds(with_segment, st.integers(0, 2), st.binary(max_size=60)),
)


@hypothesis_settings(
    max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mutate=MUTATIONS)
def test_no_mutated_token_is_accepted_or_breaks_the_server(
    ask: Ask, post: Post, pair: TokenPair, mutate: Mutation
) -> None:
    access, refresh = mutate(pair.access), mutate(pair.refresh)
    assume(access.lstrip(" ") != pair.access and refresh != pair.refresh)

    assert ask(access).status_code == 401
    # Text that JSON or a database cannot hold is invalid input, before it is a token.
    assert post("token/refresh", {"refresh": refresh}).status_code in (400, 401)
    assert ask(pair.access).status_code == 200
