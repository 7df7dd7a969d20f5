from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import RequestFactory

from neo_base.access.client_addresses import network_of
from neo_site.throttling.client_addresses import UNKNOWN, client_address, is_shared

PROXY = "10.0.0.1"


def address(remote: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))  # type: ignore[arg-type]


@pytest.fixture
def behind_proxies(settings: Any) -> None:
    settings.NEO_TRUSTED_PROXIES = [ip_network("10.0.0.0/24"), ip_network("fd00::/8")]


@pytest.mark.parametrize("forwarded", [None, "1.2.3.4", "1.2.3.4, 5.6.7.8", "", ","])
def test_without_trusted_proxies_the_peer_is_the_client(forwarded: str | None) -> None:
    assert address("192.0.2.7", forwarded) == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("6.6.6.6,1.2.3.4 , 10.0.0.9", "1.2.3.4"),
        ("rubbish, 1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:5678", "1.2.3.4"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0::1%eth0", "2001:db8::1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("1.2.3.4, fd00::2", "1.2.3.4"),
    ],
)
@pytest.mark.usefixtures("behind_proxies")
def test_the_client_is_the_last_address_that_is_no_proxy(forwarded: str, client: str) -> None:
    assert address(PROXY, forwarded) == client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (None, PROXY),
        ("", PROXY),
        ("rubbish", PROXY),
        ("1.2.3.4, rubbish", PROXY),
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("rubbish, 10.0.0.9", "10.0.0.9"),
    ],
)
@pytest.mark.usefixtures("behind_proxies")
def test_without_another_address_the_client_is_the_last_proxy(forwarded: str | None, client: str) -> None:
    assert address(PROXY, forwarded) == client


@pytest.mark.usefixtures("behind_proxies")
def test_headers_of_an_untrusted_peer_are_ignored() -> None:
    assert address("192.0.2.7", "1.2.3.4") == "192.0.2.7"


@pytest.mark.parametrize("remote", ["not an address", "/run/socket"])
def test_a_peer_without_an_address_is_unknown(remote: str) -> None:
    assert address(remote, "1.2.3.4") == UNKNOWN


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [("1.2.3.4", "1.2.3.4"), ("6.6.6.6, 1.2.3.4", "1.2.3.4"), (None, UNKNOWN), ("", UNKNOWN), ("rubbish", UNKNOWN)],
)
def test_the_peer_of_a_unix_socket_is_a_trusted_proxy(forwarded: str | None, client: str) -> None:
    assert address("", forwarded) == client


@pytest.mark.usefixtures("behind_proxies")
def test_proxies_behind_that_of_a_unix_socket_are_skipped() -> None:
    assert address("", "1.2.3.4, 10.0.0.9") == "1.2.3.4"


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "tls_header", "shared"),
    [
        ("192.0.2.7", None, [], None, False),
        ("192.0.2.7", "1.2.3.4", [], None, False),
        ("", "1.2.3.4", [], "HTTP_X_FORWARDED_PROTO", False),
        ("", None, [], None, True),
        ("rubbish", None, [], None, True),
        ("10.0.0.1", "1.2.3.4", ["10.0.0.1"], "HTTP_X_FORWARDED_PROTO", False),
        ("10.0.0.1", None, ["10.0.0.1"], "HTTP_X_FORWARDED_PROTO", True),
        ("10.0.0.1", "1.2.3.4", [], "HTTP_X_FORWARDED_PROTO", True),
    ],
)
def test_an_address_is_shared_where_a_proxy_does_not_tell_whose_it_is(
    settings: Any, remote: str, forwarded: str | None, proxies: list[str], tls_header: str | None, shared: bool
) -> None:
    settings.NEO_TRUSTED_PROXIES = [ip_network(proxy) for proxy in proxies]
    settings.SECURE_PROXY_SSL_HEADER = tls_header and (tls_header, "https")
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert is_shared(RequestFactory().get("/", REMOTE_ADDR=remote, **headers)) is shared  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1.2.3.4", "1.2.3.5", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (UNKNOWN, UNKNOWN, True),
    ],
)
def test_an_ipv6_client_is_its_network(one: str, other: str, is_same: bool) -> None:
    assert (network_of(one) == network_of(other)) is is_same
