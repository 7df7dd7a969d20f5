"""What is an address of a server, and where plain http is refused."""

from __future__ import annotations

import pytest

from neo_cli.addresses import normal_address, refuse_plain_http
from neo_cli.exits import Exit, Failure


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("secrets.example.org", "https://secrets.example.org"),
        ("https://Secrets.Example.org/", "https://secrets.example.org"),
        ("https://example.org/neo/", "https://example.org/neo"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "https://localhost:8000"),
        (" https://[::1]:8000 ", "https://[::1]:8000"),
    ],
)
def test_an_address_has_one_form(written: str, address: str) -> None:
    assert normal_address(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "",
        "https://",
        "ftp://example.org",
        "https://member:password@example.org",
        "https://example.org/?token=x",
        "https://example.org/#x",
        "https://example.org:port",
        "https://[::1",
        "https://example.org/\x1b[2J",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(Failure) as refused:
        normal_address(written)
    assert refused.value.code == Exit.USAGE
    assert "password" not in refused.value.message


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://127.9.9.9", "http://[::1]", "http://localhost"])
def test_plain_http_is_good_enough_on_this_machine(address: str) -> None:
    refuse_plain_http(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://10.0.0.1",
        "http://0",
    ],
)
def test_plain_http_to_others_is_refused_unless_named(address: str) -> None:
    host = address.removeprefix("http://")
    with pytest.raises(Failure, match=f"--insecure-http {host}"):
        refuse_plain_http(address, ["another.example.org"])
    refuse_plain_http(address, [host])
