"""Sign-in at the pages by an identity provider: the library speaks to it, and the claim says who it is."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from environ import FileAwareEnv

from neo_site.accounts.provider import ProviderAdapter
from neo_site.configuration.accounts import providers
from neo_site.configuration.identity import IdentityProvider, PagesClient, pages_client
from secrets_app.models import AuditEvent
from tests.neo_site.accounts.factors import add_totp, code

ISSUER = "https://id.example.com"
PROVIDER = IdentityProvider(f"{ISSUER}/keys", ISSUER, "neo-secrets-api", ("RS256",), "preferred_username", "username")
CLIENT = PagesClient("neo-secrets", "a secret of the client", "Our sign-in")
LOGIN, CALLBACK = "/accounts/oidc/provider/login/", "/accounts/oidc/provider/login/callback/"

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class Answer:
    status_code = 200
    ok = True
    headers = {"content-type": "application/json"}

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self.text = ""

    def json(self) -> dict[str, Any]:
        return self._told

    def raise_for_status(self) -> None:
        pass


class Network:
    """The provider, as the library's HTTP client sees it."""

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims = claims
        self.asked: list[dict[str, Any]] = []

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def get(self, url: str, **_: Any) -> Answer:
        endpoints = {name: f"{ISSUER}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        configuration = endpoints | {"issuer": ISSUER, "userinfo_endpoint": f"{ISSUER}/userinfo"}
        return Answer({f"{ISSUER}/.well-known/openid-configuration": configuration}.get(url, self.claims))

    def request(self, method: str, url: str, data: Any = None, **_: Any) -> Answer:
        self.asked.append({"url": url, **(data or {})})
        times = {"iss": ISSUER, "aud": CLIENT.client_id, "iat": int(time.time()), "exp": int(time.time()) + 60}
        token = jwt.encode(times | self.claims, "k" * 32, algorithm="HS256")
        return Answer({"access_token": "at", "token_type": "bearer", "id_token": token})

    def post(self, url: str, **more: Any) -> Answer:
        return self.request("POST", url, **more)


@pytest.fixture
def network(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Network:
    settings.IDENTITY_PROVIDER = PROVIDER
    settings.SOCIALACCOUNT_PROVIDERS = providers(PROVIDER, CLIENT)
    network = Network({"sub": "4711", "preferred_username": "member"})
    monkeypatch.setattr(ProviderAdapter, "get_requests_session", lambda _: network)
    return network


def through_the_provider(browser: Client, wanted: str = "/accounts/") -> Any:
    led = browser.get(f"{LOGIN}?next={wanted}").headers["Location"]
    asked = parse_qs(urlsplit(led).query)
    assert led.startswith(f"{ISSUER}/authorization_endpoint?")
    assert asked["code_challenge_method"] == ["S256"]
    return browser.get(CALLBACK, {"state": asked["state"][0], "code": "a code"})


def test_the_page_offers_it_where_it_is_configured(network: Network) -> None:
    assert "Sign in with Our sign-in" in Client().get("/accounts/login/").text


def test_without_a_client_there_is_nothing(client: Client) -> None:
    assert "Sign in with " not in client.get("/accounts/login/").text.replace("Sign in with a passkey", "")
    assert [client.get(path).status_code for path in (LOGIN, CALLBACK)] == [404, 404]


def test_the_claim_says_whose_account_it_is(network: Network, member: Any) -> None:
    browser = Client()
    assert through_the_provider(browser).headers["Location"] == "/accounts/"
    assert browser.get("/accounts/").context["user"] == member
    assert network.asked[0]["code_verifier"]
    assert SocialAccount.objects.count() == 0
    assert AuditEvent.objects.get(event="session.started").actor_id == str(member.pk)


@pytest.mark.parametrize("claims", [{"preferred_username": "nobody"}, {"preferred_username": "inactive"}, {}])
def test_who_has_no_account_is_told_so(network: Network, viewer: Any, claims: dict[str, str]) -> None:
    type(viewer).objects.filter(pk=viewer.pk).update(username="inactive", is_active=False)
    network.claims = {"sub": "4711"} | claims
    browser = Client()
    page = through_the_provider(browser)
    assert (page.status_code, "no active account for you" in page.text) == (403, True)
    assert browser.get("/accounts/").status_code == 302
    assert type(viewer).objects.count() == 1


def test_a_second_factor_here_is_asked_for(network: Network, member: Any) -> None:
    add_totp(member)
    browser = Client()
    assert through_the_provider(browser).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/accounts/").status_code == 302
    browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert browser.get("/accounts/").status_code == 200


def test_the_provider_alone_opens_no_admin(network: Network, superuser: Any) -> None:
    network.claims = {"sub": "1", "preferred_username": "superuser"}
    browser = Client()
    through_the_provider(browser)
    assert browser.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/"


def test_a_callback_that_was_not_asked_for_signs_nobody_in(network: Network, member: Any) -> None:
    browser = Client()
    assert browser.get(CALLBACK, {"state": "guessed", "code": "a code"}).status_code in (200, 401, 403)
    assert browser.get("/accounts/").status_code == 302


NEEDED = {"NEO_OIDC_CLIENT_ID": "neo-secrets", "NEO_OIDC_CLIENT_SECRET": "a secret of the client"}


@pytest.mark.parametrize(
    ("variables", "provider"),
    [
        ({"NEO_OIDC_CLIENT_ID": "neo-secrets"}, PROVIDER),
        ({"NEO_OIDC_CLIENT_SECRET": "x"}, PROVIDER),
        ({"NEO_OIDC_NAME": "x"}, PROVIDER),
        (NEEDED, None),
    ],
)
def test_half_a_client_is_refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], provider: Any) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        pages_client(FileAwareEnv(), provider)
    assert "a secret" not in str(refused.value)


def test_a_whole_client_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    client = pages_client(FileAwareEnv(), PROVIDER)
    assert client == PagesClient("neo-secrets", "a secret of the client", "id.example.com")
    assert "a secret" not in repr(client)
