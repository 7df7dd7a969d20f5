"""CACHE_URL and rates: what they accept, and refuse without repeating it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site import checks
from neo_site.configuration import caches
from neo_site.configuration.caches import REDIS_CACHE
from neo_site.throttling.rates import Rate

CANARY = "canary"
POSTGRESQL = {"ENGINE": "neo_site.postgresql"}


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
    assert caches.cache(env, POSTGRESQL, development=development)["BACKEND"] == backend
    assert (backend in checks.SHARED_CACHES) is not development


def test_beside_sqlite_counts_have_a_file_of_their_own(env: FileAwareEnv) -> None:
    cache = caches.cache(env, {"ENGINE": "neo_site.sqlite", "NAME": "/data/db.sqlite3"}, development=False)
    assert cache == {"BACKEND": "neo_site.throttling.file_cache.FileCache", "LOCATION": "/data/counts.sqlite3"}
    assert cache["BACKEND"] in checks.SHARED_CACHES


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1", "redis://127.0.0.1:6379/2", "rediss://user:p%40ss@cache.example.com:6380/0"]
)
def test_a_redis_is_named_by_its_url(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CACHE_URL", url)
    cache = caches.cache(env, POSTGRESQL, development=False)

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
def test_any_other_cache_url_is_refused_and_not_repeated(
    env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CACHE_URL", url)
    message = refusal(caches.cache, env, POSTGRESQL, development=False)

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
