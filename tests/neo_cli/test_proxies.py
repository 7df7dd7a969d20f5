"""Which proxy a server is reached through, and that mistakes in its variables are named before anything is sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from neo_cli.exits import Exit, Failure
from neo_cli.proxies import EXCLUSION_VARIABLES, PROXY_VARIABLES, Proxy, proxy_for
from tests.neo_cli.command import Neo

SERVER = "https://secrets.example.org"
TOKEN = "neo_sk_" + 38 * "0"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_VARIABLES, *EXCLUSION_VARIABLES, "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    """Serve a proxy that asks for a password."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, args=(listener,), daemon=True).start()
        yield f"http://user:hunter2@127.0.0.1:{listener.getsockname()[1]}"


def refuse(listener: socket.socket) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTP_PROXY": "http://a:1"}, None),
        ({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "http://b:2"}, Proxy("http://a:1", "HTTPS_PROXY")),
        ({"all_proxy": "b:2", "HTTPS_PROXY": " "}, Proxy("http://b:2", "all_proxy")),
        ({"https_proxy": "https://user:word@a:1/"}, Proxy("https://user:word@a:1/", "https_proxy")),
    ],
)
def test_first_variable_with_a_proxy_counts(
    variables: dict[str, str], proxy: Proxy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(SERVER) == proxy


@pytest.mark.parametrize(
    ("entry", "server"),
    [
        ("*", SERVER),
        ("secrets.example.org", SERVER),
        ("other, example.org", SERVER),
        (".example.org", SERVER),
        ("*.example.org", SERVER),
        ("secrets.example.org:443", SERVER),
        ("https://secrets.example.org/", SERVER),
        ("10.0.0.0/8", "https://10.1.2.3:8443"),
        ("::1", "https://[::1]:8443"),
        ("[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_excluded_server_needs_no_proxy(entry: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", entry)
    assert proxy_for(server) is None


@pytest.mark.parametrize(
    "entry", ["", "ample.org", "secrets.example.org:8443", "example.org.evil", "10.0.0.0/8", "2.3", "org/x"]
)
def test_other_entries_exclude_nothing(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://a:1")
    monkeypatch.setenv("no_proxy", entry)
    assert proxy_for(SERVER) is not None
    assert proxy_for("https://11.1.2.3") is not None


def test_entry_that_covers_nothing_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://a:1")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/99")
    proxy_for(SERVER)
    assert capsys.readouterr().err.startswith("neo: NO_PROXY has an entry that names no host and no network")


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:9", "socks4://h:1", "socks5h://user:hunter2@h"])
def test_socks_proxy_is_refused_with_the_ways_out(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(Failure, match=r"ALL_PROXY names a SOCKS proxy.*NO_PROXY") as refused:
        proxy_for(SERVER)
    assert refused.value.code == Exit.CONFIGURATION
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("url", ["http://:1", "foo://h:1", "http://h:x", "http://a b:1", "http://[::1", "//h\x1b[2J"])
def test_text_that_is_no_proxy_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(Failure, match="HTTPS_PROXY is not the URL of a proxy") as refused:
        proxy_for(SERVER)
    assert url.partition("//")[2] not in refused.value.message.replace("http://proxy.example.org:3128", "")


def test_proxy_that_is_down_is_blamed(fresh: Neo) -> None:
    proxy = free_address()
    result = fresh("whoami", "--server", SERVER, NEO_TOKEN=TOKEN, HTTPS_PROXY=f"http://user:hunter2@{proxy}")
    assert result.code == Exit.UNAVAILABLE
    assert result.err == (
        f"neo: The proxy {proxy} cannot be reached: Connection refused. Correct HTTPS_PROXY, or list the server's host "
        "in NO_PROXY if it can be reached without a proxy.\n"
    )


def test_proxy_that_refuses_is_blamed(fresh: Neo, refusing_proxy: str) -> None:
    result = fresh("whoami", "--server", SERVER, NEO_TOKEN=TOKEN, HTTPS_PROXY=refusing_proxy)
    assert result.code == Exit.UNAVAILABLE
    assert f"did not connect neo to {SERVER}: 407 Proxy Authentication Required. Correct HTTPS_PROXY" in result.err
    assert "hunter2" not in result.err


def test_server_is_not_blamed_on_its_proxy_settings(fresh: Neo) -> None:
    server = f"https://{free_address()}"
    result = fresh(
        "whoami", "--server", server, NEO_TOKEN=TOKEN, ALL_PROXY="socks5://127.0.0.1:9", NO_PROXY="127.0.0.1"
    )
    assert (result.code, f"{server} cannot be reached: Connection refused." in result.err) == (Exit.UNAVAILABLE, True)
