"""The variables for mail and invitations, and how mistakes in them are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration import mail

FROM = "secrets@example.com"
PASSWORD = "p4ss-w0rd-of-mail"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An environment with the variables that the test names, and no other."""

    def environment(**variables: str) -> FileAwareEnv:
        monkeypatch.setattr(FileAwareEnv, "ENVIRON", variables)
        return FileAwareEnv()

    return environment


@pytest.mark.parametrize(("development", "kind"), [(True, "console"), (False, "dummy")])
def test_without_a_server_mail_is_printed_or_not_sent(env: Any, development: bool, kind: str) -> None:
    config = mail.email(env(), development=development)
    assert config == {"EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend"}


@pytest.mark.parametrize(
    ("scheme", "tls", "ssl"), [("smtp", None, None), ("smtp+tls", True, None), ("smtp+ssl", None, True)]
)
def test_a_url_becomes_the_settings(env: Any, scheme: str, tls: bool | None, ssl: bool | None) -> None:
    given = env(NEO_EMAIL_URL=f"{scheme}://user:p%40ss@mail.example.com:587", NEO_EMAIL_FROM=FROM)
    config = mail.email(given, development=False)
    assert config["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (config["EMAIL_HOST"], config["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (config["EMAIL_HOST_USER"], config["EMAIL_HOST_PASSWORD"]) == ("user", "p@ss")
    assert (config.get("EMAIL_USE_TLS"), config.get("EMAIL_USE_SSL")) == (tls, ssl)
    assert (config["DEFAULT_FROM_EMAIL"], config["EMAIL_TIMEOUT"]) == (FROM, 5)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "https://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com?timeout=1",
        "consolemail://",
        "filemail:///tmp/mails",
        "dummymail://",
        f"smtp://user:{PASSWORD}#x@[mail.example.com",
    ],
)
def test_any_other_url_is_refused_and_not_quoted(env: Any, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_EMAIL_URL") as refusal:
        mail.email(env(NEO_EMAIL_URL=url, NEO_EMAIL_FROM=FROM), development=False)
    assert PASSWORD not in str(refusal.value)
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize("sender", ["", "secrets", "a@example.com\nBcc: b@example.com"])
def test_a_server_needs_a_sender(env: Any, sender: str) -> None:
    given = env(NEO_EMAIL_URL="smtp://mail.example.com", NEO_EMAIL_FROM=sender)
    with pytest.raises(ImproperlyConfigured, match="NEO_EMAIL_FROM"):
        mail.email(given, development=False)


@pytest.mark.parametrize(
    ("url", "development"),
    [
        ("", False),
        ("https://secrets.example.com/invitation#{token}", False),
        ("https://secrets.example.com/#/join/{token}", False),
        ("http://localhost:3000/#{token}", True),
    ],
)
def test_the_invitation_url_takes_the_token_after_a_hash(env: Any, url: str, development: bool) -> None:
    assert mail.invitation_url(env(NEO_INVITATION_URL=url), development=development) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://secrets.example.com/",
        "https://secrets.example.com/{token}",
        "https://secrets.example.com/{token}#{token}",
        "https://secrets.example.com/#{token}{token}",
        "http://secrets.example.com/#{token}",
        "javascript:alert(1)#{token}",
        "#{token}",
    ],
)
def test_any_other_page_is_refused(env: Any, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_INVITATION_URL"):
        mail.invitation_url(env(NEO_INVITATION_URL=url), development=False)
