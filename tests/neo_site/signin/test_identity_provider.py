"""Tokens of an identity provider: which are accepted, for which user, and which class judges them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import RequestFactory
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.actors import Actor, Origin
from neo_base.rest.views import BaseView
from neo_site.signin.authentication import SessionTokenAuthentication
from neo_site.signin.identity_provider import IdentityProviderAuthentication, ProviderToken
from neo_site.signin.provider_keys import key_set
from neo_site.signin.tokens import TokenPair
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.tokens import create_token
from secrets_app.errors import SignInTooOld
from tests.cast import make_user
from tests.neo_site.signin.forging import ABSENT, changed, signed, unsigned
from tests.neo_site.signin.provider import (
    ALGORITHMS,
    AUDIENCE,
    ISSUER,
    Provider,
    claims_for,
    issued,
    private_key,
    public_jwk,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Ask = Callable[[str], Any]
Refused = Callable[[str], None]

ORDERS = [
    [SessionTokenAuthentication, IdentityProviderAuthentication],
    [IdentityProviderAuthentication, SessionTokenAuthentication],
]


class Probe(BaseView):
    """Any view of a site with a provider."""

    authentication_classes = ORDERS[0]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.get_username(), "by": type(request.auth).__name__})


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """A provider that is configured, with one key for each algorithm."""
    provider = Provider()
    key_set.cache_clear()
    settings.IDENTITY_PROVIDER = provider.settings()
    yield provider
    provider.close()


@pytest.fixture
def ask() -> Ask:
    """Return the answer of a view to a bearer token."""
    return lambda token: Probe.as_view()(RequestFactory().get("/probe", HTTP_AUTHORIZATION=f"Bearer {token}"))


@pytest.fixture
def refused(ask: Ask, provider: Provider, member: Any) -> Refused:
    """Assert that a token is refused, while a valid one of the same provider is accepted."""

    def check(token: str) -> None:
        answer = ask(token)
        assert (answer.status_code, answer.data["code"]) == (401, "invalid_token")
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        assert ask(issued(claims_for("member"))).status_code == 200

    return check


# What is taken


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("token_type", ["JWT", "at+jwt", "application/at+jwt"])
def test_a_user_of_the_provider_is_signed_in(
    provider: Provider, member: Any, ask: Ask, algorithm: str, token_type: str
) -> None:
    answer = ask(issued(claims_for("member"), key=algorithm, typ=token_type))

    assert (answer.status_code, answer.data) == (200, {"user": "member", "by": "ProviderToken"})


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["account", AUDIENCE]])
def test_the_audience_may_be_one_of_several(provider: Provider, member: Any, ask: Ask, audience: Any) -> None:
    assert ask(issued(claims_for("member", aud=audience))).status_code == 200


def test_further_claims_are_ignored(provider: Provider, member: Any, ask: Ask) -> None:
    extra = {"jti": "1", "scope": "openid", "realm_access": {"roles": ["user"]}, "nbf": int(time.time())}

    assert ask(issued(claims_for("member", **extra))).status_code == 200


def test_a_request_costs_one_query_and_shows_no_token(
    provider: Provider, member: Any, django_assert_num_queries: Any
) -> None:
    http_request = RequestFactory().get("/probe", HTTP_AUTHORIZATION=f"bearer {issued(claims_for('member'))}")
    request = Request(http_request, authenticators=[IdentityProviderAuthentication()])

    with django_assert_num_queries(1):
        assert request.user == member
    assert repr(request.auth) == "ProviderToken()"
    assert isinstance(request.auth, ProviderToken)


def auth_of(claims: dict[str, Any]) -> ProviderToken:
    http_request = RequestFactory().get("/probe", HTTP_AUTHORIZATION=f"bearer {issued(claims)}")
    request = Request(http_request, authenticators=[IdentityProviderAuthentication()])
    assert isinstance(request.auth, ProviderToken)
    return request.auth


@pytest.mark.parametrize(
    ("auth_time", "age"),
    [(ABSENT, 5), (-600, 600), (-86_400, 86_400), (60, 5), ("0", 5), (None, 5), (0.5, 5), (True, 5), (-(10**12), 5)],
)
def test_the_sign_in_is_that_of_auth_time_or_the_issue(
    provider: Provider, member: Any, auth_time: Any, age: int
) -> None:
    now = int(time.time())
    times = {"iat": now - 5, "exp": now + 100}
    given = {} if auth_time is ABSENT else {"auth_time": now + auth_time if type(auth_time) is int else auth_time}
    auth = auth_of(claims_for("member", **times, **given))
    assert (auth.signed_in_at.timestamp(), auth.ends_at.timestamp()) == (now - age, now + 100)


def test_a_grant_ends_with_the_providers_token(provider: Provider, member: Any) -> None:
    end = int(time.time()) + 100
    auth = auth_of(claims_for("member", exp=end))
    origin = Origin.of_signed_in(RequestFactory().get("/"), auth)
    grant = create_grant(actor=Actor.from_user(member, origin=origin), grant_request=GrantRequest()).row
    assert (grant.parent_kind, grant.expires_at.timestamp()) == ("identity_provider", end)


def test_a_provider_token_of_an_old_sign_in_makes_no_service_token(provider: Provider, member: Any) -> None:
    auth = auth_of(claims_for("member", auth_time=int(time.time()) - 601))
    actor = Actor.from_user(member, origin=Origin.of_signed_in(RequestFactory().get("/"), auth))
    with pytest.raises(SignInTooOld):
        create_token(actor=actor, name="CI", scopes=["secrets:read"])


# Which class judges


@pytest.mark.parametrize("order", ORDERS)
def test_each_kind_is_judged_by_its_class_in_any_order(
    provider: Provider, member: Any, pair: TokenPair, ask: Ask, monkeypatch: pytest.MonkeyPatch, order: Any
) -> None:
    monkeypatch.setattr(Probe, "authentication_classes", order)

    assert ask(pair.access).data == {"user": "member", "by": "AccessToken"}
    assert ask(issued(claims_for("member"))).data == {"user": "member", "by": "ProviderToken"}


@pytest.mark.parametrize("order", ORDERS)
def test_a_refused_token_is_not_tried_by_another_class(
    provider: Provider, member: Any, pair: TokenPair, ask: Ask, monkeypatch: pytest.MonkeyPatch, order: Any
) -> None:
    monkeypatch.setattr(Probe, "authentication_classes", order)
    ours_in_their_name = changed(pair.access, iss=ISSUER)
    theirs_in_our_name = issued(claims_for("member", iss="neo-secrets"))

    for token in (ours_in_their_name, theirs_in_our_name):
        assert (ask(token).status_code, ask(token).data["code"]) == (401, "invalid_token")


def test_without_a_provider_its_tokens_are_refused(provider: Provider, member: Any, ask: Ask, settings: Any) -> None:
    settings.IDENTITY_PROVIDER = None

    assert (ask(issued(claims_for("member"))).data["code"], provider.asked) == ("invalid_token", 0)


@pytest.mark.parametrize("credential", ["neo_sk_", "neo_sk_abc", "neo_sk_a.b.c", " neo_sk_abc"])
def test_service_tokens_are_left_to_their_own_class(provider: Provider, ask: Ask, credential: str) -> None:
    answer = ask(credential)

    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")


# Whose it is


def test_a_deactivated_or_deleted_user_is_refused_at_once(provider: Provider, member: Any, ask: Ask) -> None:
    token = issued(claims_for("member"))
    answers = [ask(token).status_code]
    type(member).objects.filter(pk=member.pk).update(is_active=False)
    answers.append(ask(token).status_code)
    member.delete()
    answers.append(ask(token).status_code)

    assert answers == [200, 401, 401]


@pytest.mark.parametrize(
    "name",
    [
        *(ABSENT, None, True, 1, [], ["member"], {}, "", " ", "nobody", "Member", "MEMBER", " member", "member "),
        *("member\x00", "\x00", "\ud800", "member\n", "member\u200b", "\N{FULLWIDTH LATIN SMALL LETTER M}ember"),
        *("m" * 255, "member@example.com", "%", "' OR 1=1 --"),
    ],
)
def test_an_unknown_name_is_refused_and_creates_no_user(refused: Refused, member: Any, name: Any) -> None:
    refused(_signed_anyway(claims_for("member", sub=name)))
    assert type(member).objects.count() == 1


def test_the_claim_that_names_the_user_is_a_setting(provider: Provider, member: Any, ask: Ask, settings: Any) -> None:
    settings.IDENTITY_PROVIDER = provider.settings(user_claim="preferred_username")

    assert ask(issued(claims_for("f3b1", preferred_username="member"))).data["user"] == "member"
    assert ask(issued(claims_for("member"))).status_code == 401


@pytest.mark.parametrize("field", ["email", "username"])
@pytest.mark.parametrize("verified", [ABSENT, None, False, "true", 1, [True]])
def test_an_unverified_e_mail_address_is_refused(
    provider: Provider, member: Any, ask: Ask, settings: Any, field: str, verified: Any
) -> None:
    settings.IDENTITY_PROVIDER = provider.settings(user_claim="email", user_field=field)
    make_user("member@example.com")
    address = "member@example.com"
    type(member).objects.exclude(pk=member.pk).update(email="")
    unverified = {"email": address} | ({} if verified is ABSENT else {"email_verified": verified})

    assert ask(issued(claims_for("x", email=address, email_verified=True))).status_code == 200
    assert ask(issued(claims_for("x", **unverified))).status_code == 401


def test_an_e_mail_address_of_two_users_is_refused(
    provider: Provider, member: Any, stranger: Any, ask: Ask, settings: Any
) -> None:
    settings.IDENTITY_PROVIDER = provider.settings(user_claim="email", user_field="email")
    token = issued(claims_for("x", email="member@example.com", email_verified=True))
    type(stranger).objects.filter(pk=stranger.pk).update(email="member@example.com", is_active=False)

    assert ask(token).status_code == 401


@pytest.mark.parametrize("address", ["Member@example.com", "member@EXAMPLE.com", "member@example.com ", ""])
def test_e_mail_addresses_are_compared_letter_by_letter(
    provider: Provider, member: Any, ask: Ask, settings: Any, address: str
) -> None:
    settings.IDENTITY_PROVIDER = provider.settings(user_claim="email", user_field="email")
    type(member).objects.filter(pk=make_user("nameless").pk).update(email="")

    assert ask(issued(claims_for("x", email=address, email_verified=True))).status_code == 401


# Forgeries


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("named", ["HS256", "RS256", "none"])
@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
def test_a_public_key_does_not_serve_as_a_shared_secret(
    refused: Refused, algorithm: str, named: str, form: str
) -> None:
    public = private_key("RS256").public_key()
    secrets = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).decode("latin-1"),
        "jwk": json.dumps(public_jwk("RS256")),
    }
    header = {"alg": named, "typ": "JWT", "kid": "RS256"}
    refused(signed(claims_for("member"), header=header, hashed_with=algorithm, key=secrets[form]))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 0, ["RS256"]])
def test_an_unsigned_token_is_refused(refused: Refused, algorithm: Any) -> None:
    header = {"alg": algorithm, "typ": "JWT", "kid": "RS256"}
    refused(unsigned(claims_for("member"), header=header))
    refused(unsigned(claims_for("member"), header=header) + "AAAA")


@pytest.mark.parametrize("key", ALGORITHMS)
@pytest.mark.parametrize("named", ALGORITHMS)
@pytest.mark.parametrize("other", ["RS256-other", "ES256-other", "EdDSA-other"])
def test_another_key_under_a_known_id_is_refused(refused: Refused, key: str, named: str, other: str) -> None:
    header = {"alg": named, "typ": "JWT", "kid": key}
    refused(_signed_anyway(claims_for("member"), header, key=other))


@pytest.mark.parametrize("key", ALGORITHMS)
@pytest.mark.parametrize("under", ALGORITHMS)
def test_a_key_serves_under_its_own_id_only(provider: Provider, member: Any, ask: Ask, key: str, under: str) -> None:
    assert ask(issued(claims_for("member"), key=key, kid=under)).status_code == (200 if key == under else 401)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_with_the_right_key_is_refused(refused: Refused, algorithm: str) -> None:
    refused(jwt.encode(claims_for("member"), private_key("RS256"), algorithm, headers={"typ": "JWT", "kid": "RS256"}))


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_an_algorithm_that_is_not_configured_is_refused(
    refused: Refused, provider: Provider, settings: Any, algorithm: str
) -> None:
    settings.IDENTITY_PROVIDER = provider.settings(algorithms=("RS256",))
    refused(issued(claims_for("member"), key=algorithm))


@pytest.mark.parametrize(
    "key_id",
    [
        *("../../../../dev/null", "/dev/null", "..", "RS256/../RS256", "RS256\x00", " RS256", "rs256", "RS256-other"),
        *("https://attacker.example/keys", "file:///etc/passwd", "' OR 1=1 --", "", "k" * 257, "\ud800", "*", "0"),
        *(ABSENT, None, 0, 1, True, [], ["RS256"], {"kid": "RS256"}),
    ],
)
def test_an_unknown_key_id_is_refused_whatever_it_says(refused: Refused, key_id: Any) -> None:
    header = {"alg": "RS256", "typ": "JWT", "kid": key_id}
    refused(
        _signed_anyway(claims_for("member"), {name: value for name, value in header.items() if value is not ABSENT})
    )


@pytest.mark.parametrize(
    "members",
    [
        {"jku": "https://attacker.example/keys"},
        {"jwk": public_jwk("RS256-other")},
        {"x5u": "https://attacker.example/cert"},
        {"x5c": ["AAAA"]},
        {"x5t": "AAAA"},
        {"crit": ["exp"], "exp": 0},
        {"crit": []},
        {"b64": True},
        {"cty": "JWT"},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"typ": "jwt"},
        {"typ": "dpop+jwt"},
        {"typ": "logout+jwt"},
        {"typ": None},
        {"typ": ["JWT"]},
    ],
)
def test_a_header_of_more_than_alg_typ_and_kid_is_refused(refused: Refused, members: dict[str, Any]) -> None:
    refused(_signed_anyway(claims_for("member"), {"alg": "RS256", "typ": "JWT", "kid": "RS256"} | members))


def test_a_header_without_a_type_is_refused(refused: Refused) -> None:
    refused(_signed_anyway(claims_for("member"), {"alg": "RS256", "kid": "RS256"}))


NOT_TIMES = [ABSENT, None, True, "soon", "9999999999", 9999999999.0, 1e300, [], {}, -1, 10**30]


@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("value", NOT_TIMES)
def test_a_time_must_be_a_whole_number(refused: Refused, claim: str, value: Any) -> None:
    refused(_signed_anyway(claims_for("member", **{claim: value})))


@pytest.mark.parametrize("value", NOT_TIMES[1:])
def test_a_not_before_must_be_a_whole_number(refused: Refused, value: Any) -> None:
    refused(_signed_anyway(claims_for("member", nbf=value)))


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -6), ("exp", -86_400), ("iat", 60), ("nbf", 60)])
def test_an_expired_or_future_token_is_refused(refused: Refused, claim: str, seconds: int) -> None:
    refused(issued(claims_for("member", **{claim: int(time.time()) + seconds})))


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -2), ("iat", 3), ("nbf", 3)])
def test_clocks_may_differ_by_a_few_seconds(
    provider: Provider, member: Any, ask: Ask, claim: str, seconds: int
) -> None:
    assert ask(issued(claims_for("member", **{claim: int(time.time()) + seconds}))).status_code == 200


@pytest.mark.parametrize(
    "issuer", [ABSENT, None, "", f"{ISSUER}/", ISSUER.upper(), "https://attacker.example", 1, [ISSUER]]
)
def test_another_issuer_is_refused(refused: Refused, issuer: Any) -> None:
    refused(_signed_anyway(claims_for("member", **{"iss": issuer})))


@pytest.mark.parametrize(
    "audience",
    [
        *(ABSENT, None, "", "account", f"{AUDIENCE}/", AUDIENCE.upper(), f"account {AUDIENCE}"),
        *(1, [], ["account"], [[AUDIENCE]], {AUDIENCE: 1}, [AUDIENCE, 1]),
    ],
)
def test_another_audience_is_refused(refused: Refused, audience: Any) -> None:
    refused(_signed_anyway(claims_for("member", **{"aud": audience})))


@pytest.mark.parametrize("size", [7_000, 100_000])
def test_an_oversized_token_is_refused_though_correctly_signed(refused: Refused, size: int) -> None:
    refused(issued(claims_for("member", padding="x" * size)))


def test_a_token_just_below_the_size_limit_is_accepted(provider: Provider, member: Any, ask: Ask) -> None:
    token = issued(claims_for("member", padding="x" * 5_000))

    assert (len(token) > 7_000, ask(token).status_code) == (True, 200)


@pytest.mark.parametrize("form", ["{0}=", "{0}.", ".{0}", "{0} ", "{0},{0}", "{0}\n", "{1}.{2}.{3}==", "{1}.{2}=.{3}"])
def test_a_token_has_one_spelling(refused: Refused, form: str) -> None:
    token = issued(claims_for("member"))
    refused(form.format(token, *token.split(".")))


def test_unused_bits_of_the_last_letter_must_be_zero(refused: Refused) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = issued(claims_for("member"))
    place = alphabet.index(token[-1])
    for other in range(place + 1, place + 16):
        refused(token[:-1] + alphabet[other])


@hypothesis_settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.integers(0, 2_000), count=st.integers(0, 60), content=st.text(max_size=5), key=st.sampled_from(ALGORITHMS)
)
def test_no_mutated_token_is_accepted_or_breaks_the_server(
    provider: Provider, member: Any, ask: Ask, place: int, count: int, content: str, key: str
) -> None:
    token = issued(claims_for("member"), key=key)
    at = place % (len(token) + 1)
    mutant = f"{token[:at]}{content}{token[at + count :]}"
    assume(mutant.strip() != token)

    assert ask(mutant).status_code == 401


def test_neither_tokens_nor_names_are_logged(
    refused: Refused, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = issued(claims_for("canary-name"), key="RS256-other", kid="canary-key")
    refused(token)

    assert not [canary for canary in (token, "canary-name", "canary-key") if canary in caplog.text]


def _signed_anyway(claims: Any, header: Any = None, *, key: str = "RS256") -> str:
    """Return a token with any claims and header, signed in the way that fits the key."""
    header = {"alg": "RS256", "typ": "JWT", "kid": "RS256"} if header is None else header
    content = unsigned(_present(claims), header=_present(header)).removesuffix(".")
    signature = jwt.get_algorithm_by_name(key.split("-")[0]).sign(content.encode(), private_key(key))
    return f"{content}.{jwt.utils.base64url_encode(signature).decode()}"


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}
