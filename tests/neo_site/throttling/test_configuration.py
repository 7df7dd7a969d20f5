"""What the settings of limits take, what they refuse, and what the deployment checks say of them."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site import checks
from neo_site.configuration import caches, hosts
from neo_site.configuration.caches import REDIS_CACHE
from neo_site.throttling.rates import Rate
from tests.limits import set_limits

CANARY = "canary"
EVERY_LIMIT = {
    "user": "1/sec",
    "token": "1/sec",
    "address": "1/sec",
    "sign_in_name": "1/sec",
    "sign_in_address": "1/sec",
}


@pytest.fixture
def env() -> FileAwareEnv:
    return FileAwareEnv()


def refusal(function: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        function(*args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("development", "backend"),
    [
        (True, "django.core.cache.backends.locmem.LocMemCache"),
        (False, "neo_site.throttling.caches.DatabaseCache"),
    ],
)
def test_the_default_cache_of_production_is_shared(env: FileAwareEnv, development: bool, backend: str) -> None:
    assert caches.cache(env, development=development)["BACKEND"] == backend
    assert (backend in checks.SHARED_CACHES) is not development


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1", "redis://127.0.0.1:6379/2", "rediss://user:p%40ss@cache.example.com:6380/0"]
)
def test_a_redis_is_named_by_its_url(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CACHE_URL", url)
    cache = caches.cache(env, development=False)

    assert (cache["BACKEND"], cache["LOCATION"]) == (REDIS_CACHE, url)
    assert cache["OPTIONS"]["socket_timeout"] == 1


@pytest.mark.parametrize(
    "url",
    [
        CANARY,
        f"memcache://{CANARY}",
        f"redis:{CANARY}",
        f"redis://:{CANARY}@",
        f"redis://:{CANARY}@one,two",
        f"redis://:{CANARY}@host:port",
        f"redis://:{CANARY}@host:99999",
        f"redis://:{CANARY}/x@host",
        f"redis://host/{CANARY}",
        f"redis://host?{CANARY}=1",
        f"redis://[{CANARY}",
        f"dbcache://{CANARY}",
        f"locmemcache://{CANARY}",
    ],
)
def test_a_cache_of_another_form_is_refused_without_repeating_it(
    env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CACHE_URL", url)
    message = refusal(caches.cache, env, development=False)

    assert message.startswith("CACHE_URL ")
    assert CANARY not in f"{message}{capsys.readouterr()}"


@pytest.mark.parametrize(
    ("text", "rate"), [("", Rate(600, 60)), ("5/hour", Rate(5, 3_600)), (" 7/MIN ", Rate(7, 60)), ("off", None)]
)
def test_a_rate_is_read(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, text: str, rate: Rate | None) -> None:
    monkeypatch.setenv("NEO_THROTTLE_USER", text)

    assert caches.rate(env, "NEO_THROTTLE_USER", default="600/min") == rate


@pytest.mark.parametrize("text", [CANARY, "0/min", "600", "600/fortnight", "none"])
def test_another_rate_is_refused(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("NEO_THROTTLE_USER", text)
    message = refusal(caches.rate, env, "NEO_THROTTLE_USER", default="600/min")

    assert message.startswith("NEO_THROTTLE_USER must be")
    assert CANARY not in message


def test_trusted_proxies_are_addresses_and_networks(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/16,fd00::/8")
    expected = [ip_network("10.0.0.1"), ip_network("192.168.0.0/16"), ip_network("fd00::/8")]

    assert hosts.networks(env, "NEO_TRUSTED_PROXIES") == expected


@pytest.mark.parametrize("text", [CANARY, "10.0.0.1/24", "1", "*", "0.0.0.0/0", "10.0.0.1,::/0"])
def test_other_proxies_are_refused(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("NEO_TRUSTED_PROXIES", text)
    message = refusal(hosts.networks, env, "NEO_TRUSTED_PROXIES")

    assert message.startswith("NEO_TRUSTED_PROXIES must")
    assert CANARY not in message


@pytest.mark.parametrize(
    ("backend", "ids"),
    [
        ("django.core.cache.backends.locmem.LocMemCache", ["neo_site.W001"]),
        ("django.core.cache.backends.dummy.DummyCache", ["neo_site.W001"]),
        ("neo_site.throttling.caches.DatabaseCache", []),
        (REDIS_CACHE, []),
    ],
)
def test_the_deployment_checks_notice_a_cache_that_is_not_shared(settings: Any, backend: str, ids: list[str]) -> None:
    set_limits(settings, **EVERY_LIMIT)
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}}

    assert ours(run_checks(include_deployment_checks=True)) == ids
    assert ours(run_checks(include_deployment_checks=False)) == []


def test_the_deployment_checks_notice_a_limit_that_is_off(settings: Any) -> None:
    set_limits(settings, **{kind: rate for kind, rate in EVERY_LIMIT.items() if kind != "sign_in_name"})
    found = [message for message in checks.limits_are_set() if message.id == "neo_site.W002"]

    assert len(found) == 1
    assert "sign_in_name" in found[0].msg


@pytest.mark.parametrize(("proxies", "ids"), [([], ["neo_site.W003"]), ([ip_network("10.0.0.1")], [])])
def test_the_deployment_checks_notice_a_proxy_that_is_not_named(
    settings: Any, proxies: list[Any], ids: list[str]
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.NEO_TRUSTED_PROXIES = proxies

    assert ours(checks.proxies_are_told_from_clients()) == ids


def ours(messages: list[Any]) -> list[str]:
    return [message.id for message in messages if message.id.startswith("neo_site.")]
