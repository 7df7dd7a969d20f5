"""Which URLs are accepted as server URLs, and for which hosts plain http is refused."""

from __future__ import annotations

import pytest

from neo_cli.exits import Exit, Failure
from neo_cli.server_urls import normalized_url, refuse_plain_http


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("secrets.example.org", "https://secrets.example.org"),
        ("https://Secrets.Example.org/", "https://secrets.example.org"),
        ("https://example.org/neo/", "https://example.org/neo"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "https://localhost:8000"),
        (" https://[::1]:8000 ", "https://[::1]:8000"),
    ],
)
def test_url_is_normalized(written: str, url: str) -> None:
    assert normalized_url(written) == url


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
def test_invalid_url_is_refused_and_not_quoted(written: str) -> None:
    with pytest.raises(Failure) as refused:
        normalized_url(written)
    assert refused.value.code == Exit.USAGE
    assert "password" not in refused.value.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://127.9.9.9", "http://[::1]", "http://localhost"])
def test_plain_http_is_allowed_to_loopback_hosts(url: str) -> None:
    refuse_plain_http(url, ())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://10.0.0.1",
        "http://0",
    ],
)
def test_plain_http_to_other_hosts_needs_insecure_http(url: str) -> None:
    host = url.removeprefix("http://")
    with pytest.raises(Failure, match=f"--insecure-http {host}"):
        refuse_plain_http(url, ["another.example.org"])
    refuse_plain_http(url, [host])
