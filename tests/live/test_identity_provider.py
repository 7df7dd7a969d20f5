"""The real site beside an identity provider: settings, keys over HTTP, tokens of both kinds."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.live.site import Site, prepared_site
from tests.neo_site.signin.provider import AUDIENCE, ISSUER, Provider, claims_for, issued

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Site]:
    site = prepared_site(
        tmp_path_factory.mktemp("provider") / "data",
        NEO_OIDC_JWKS_URL=provider.url,
        NEO_OIDC_ISSUER=ISSUER,
        NEO_OIDC_AUDIENCE=AUDIENCE,
        NEO_OIDC_ALGORITHMS="RS256,ES256,EdDSA",
    )
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


def ask(site: Site, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{site.url}/api/v1/projects", headers=headers, timeout=30)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_user_of_the_provider_sees_their_own_project(site: Site, algorithm: str) -> None:
    answer = ask(site, issued(claims_for("member"), key=algorithm))

    assert answer.status_code == 200
    assert site.demo["project"] in answer.text


def test_sessions_go_on_beside_it(site: Site) -> None:
    assert ask(site, site.sign_in("member")["access"]).status_code == 200


@pytest.mark.parametrize("claims", [{"sub": "nobody"}, {"aud": "account"}, {"exp": 1}, {"iss": "https://id.example"}])
def test_other_tokens_are_refused(site: Site, claims: dict[str, object]) -> None:
    answer = ask(site, issued(claims_for("member") | claims))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_the_document_names_the_provider(site: Site) -> None:
    document = httpx.get(f"{site.url}/api/openapi.json", timeout=30).json()

    assert "identityProvider" in document["components"]["securitySchemes"]
    assert {"identityProvider": []} in document["paths"]["/api/v1/secrets"]["get"]["security"]


def test_nobody_else_than_a_session_ends_sessions(site: Site) -> None:
    headers = {"Authorization": f"Bearer {issued(claims_for('member'))}"}
    answer = httpx.post(f"{site.url}/api/v1/auth/sign-out-everywhere", headers=headers, timeout=30)

    assert answer.status_code == 401
