"""Settings of an identity provider: complete and safe, or the site does not start."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.identity import IdentityProvider, identity_provider

URL, ISSUER, AUDIENCE = "https://id.example.com/keys", "https://id.example.com/realms/staff", "neo-secrets-api"
NEEDED = {"NEO_OIDC_JWKS_URL": URL, "NEO_OIDC_ISSUER": ISSUER, "NEO_OIDC_AUDIENCE": AUDIENCE}


def described(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, development: bool = False) -> Any:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return identity_provider(FileAwareEnv(), development=development)


def test_without_variables_there_is_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert described(monkeypatch, {}) is None
    assert (
        described(monkeypatch, dict.fromkeys([*NEEDED, "NEO_OIDC_ALGORITHMS"], "") | {"NEO_OIDC_USER_FIELD": " "})
        is None
    )


def test_three_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert described(monkeypatch, NEEDED) == IdentityProvider(URL, ISSUER, AUDIENCE, ("RS256",), "sub", "username")


def test_the_optional_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {"NEO_OIDC_ALGORITHMS": "ES256, EdDSA", "NEO_OIDC_USER_CLAIM": "email", "NEO_OIDC_USER_FIELD": "email"}
    provider = described(monkeypatch, NEEDED | chosen)

    assert provider == IdentityProvider(URL, ISSUER, AUDIENCE, ("ES256", "EdDSA"), "email", "email")


@pytest.mark.parametrize("missing", NEEDED)
def test_two_of_the_three_are_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} must be set too"):
        described(monkeypatch, NEEDED | {missing: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [("NEO_OIDC_ALGORITHMS", "RS256"), ("NEO_OIDC_USER_CLAIM", "sub"), ("NEO_OIDC_USER_FIELD", "username")],
)
def test_a_choice_without_a_provider_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must be set too"):
        described(monkeypatch, {name: value})


@pytest.mark.parametrize(
    "algorithms",
    ["HS256", "RS256,HS256", "none", "None", "RS256,none", "rs256", "RS384", "PS256", "ES384", "RS256 ES256"],
)
def test_only_asymmetric_algorithms_are_accepted(monkeypatch: pytest.MonkeyPatch, algorithms: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_OIDC_ALGORITHMS"):
        described(monkeypatch, NEEDED | {"NEO_OIDC_ALGORITHMS": algorithms})


@pytest.mark.parametrize(
    "url",
    [
        *("http://id.example.com/keys", "id.example.com/keys", "https://", "https:///keys", "file:///etc/passwd"),
        *("https://me:hunter2@id.example.com/keys", "https://id.example.com/keys#x", "https://id.example.com/a b"),
        *("https://id.example.com:99999/keys", "https://[::1/keys", "https://id.example.com/\u00e9", "ftp://id/keys"),
    ],
)
def test_in_production_keys_come_from_a_plain_https_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_OIDC_JWKS_URL must be an https address") as refused:
        described(monkeypatch, NEEDED | {"NEO_OIDC_JWKS_URL": url})
    assert "hunter2" not in str(refused.value)


def test_development_accepts_http(monkeypatch: pytest.MonkeyPatch) -> None:
    assert described(monkeypatch, NEEDED | {"NEO_OIDC_JWKS_URL": "http://127.0.0.1:8080/keys"}, development=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEO_OIDC_ISSUER", "neo-secrets"),
        ("NEO_OIDC_USER_FIELD", "password"),
        ("NEO_OIDC_USER_FIELD", "id"),
        ("NEO_OIDC_USER_FIELD", "email"),
    ],
)
def test_settings_that_confuse_issuers_or_users_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name}"):
        described(monkeypatch, NEEDED | {name: value})
