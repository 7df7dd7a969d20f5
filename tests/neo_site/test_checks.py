"""The system checks of the site: each dangerous setting has its warning, in deployment checks only."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from neo_site import checks
from neo_site.configuration.caches import REDIS_CACHE
from tests.limits import set_limits

EVERY_LIMIT = {
    "user": "1/sec",
    "token": "1/sec",
    "address": "1/sec",
    "sign_in_name": "1/sec",
    "sign_in_address": "1/sec",
}


@pytest.mark.parametrize(
    ("backend", "ids"),
    [
        ("django.core.cache.backends.locmem.LocMemCache", ["neo_site.W001"]),
        ("django.core.cache.backends.dummy.DummyCache", ["neo_site.W001"]),
        ("neo_site.throttling.caches.DatabaseCache", []),
        (REDIS_CACHE, []),
    ],
)
def test_a_cache_that_is_not_shared_is_a_deployment_warning(settings: Any, backend: str, ids: list[str]) -> None:
    set_limits(settings, **EVERY_LIMIT)
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}}

    assert ours(run_checks(include_deployment_checks=True)) == ids
    assert ours(run_checks(include_deployment_checks=False)) == []


def test_a_limit_that_is_off_is_a_warning(settings: Any) -> None:
    set_limits(settings, **{kind: rate for kind, rate in EVERY_LIMIT.items() if kind != "sign_in_name"})
    found = [message for message in checks.limits_are_set() if message.id == "neo_site.W002"]

    assert len(found) == 1
    assert "sign_in_name" in found[0].msg


@pytest.mark.parametrize(
    ("proxies", "socket", "ids"),
    [([], None, ["neo_site.E003"]), ([ip_network("10.0.0.1")], None, []), ([], Path("/run/neo.sock"), [])],
)
def test_a_proxy_that_is_not_trusted_is_refused(
    settings: Any, proxies: list[Any], socket: Path | None, ids: list[str]
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.NEO_TRUSTED_PROXIES = proxies
    settings.NEO_SERVER = replace(settings.NEO_SERVER, socket=socket)

    found = checks.proxies_are_told_from_clients()
    assert ours(found) == ids
    assert all(message.is_serious() for message in found)


def ours(messages: list[Any]) -> list[str]:
    return [message.id for message in messages if message.id.startswith("neo_site.")]
