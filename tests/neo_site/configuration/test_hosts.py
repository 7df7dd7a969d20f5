"""NEO_TRUSTED_PROXIES: what it accepts, and refuses without repeating it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration import hosts

CANARY = "canary"


@pytest.fixture
def env() -> FileAwareEnv:
    return FileAwareEnv()


def test_trusted_proxies_are_addresses_and_networks(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/16,fd00::/8")
    expected = [ip_network("10.0.0.1"), ip_network("192.168.0.0/16"), ip_network("fd00::/8")]

    assert hosts.networks(env, "NEO_TRUSTED_PROXIES") == expected


@pytest.mark.parametrize("text", [CANARY, "10.0.0.1/24", "1", "*", "0.0.0.0/0", "10.0.0.1,::/0"])
def test_other_proxies_are_refused(env: FileAwareEnv, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("NEO_TRUSTED_PROXIES", text)
    with pytest.raises(ImproperlyConfigured, match=r"^NEO_TRUSTED_PROXIES must") as refused:
        hosts.networks(env, "NEO_TRUSTED_PROXIES")

    assert CANARY not in str(refused.value)
