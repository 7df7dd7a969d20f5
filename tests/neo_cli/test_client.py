"""Failed requests: each gives one line that says what to do, an exit code, and no traceback."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from neo_cli.exits import Exit
from tests.neo_cli.command import Neo, Result
from tests.neo_cli.tls import tls_in_front_of

TOKEN = "neo_sk_" + 38 * "0"


def failed_request(neo: Neo, server: str, **variables: str) -> Result:
    """Run `neo secrets list`, and check that it fails with one line."""
    result = neo("secrets", "list", "--server", server, **({"NEO_TOKEN": TOKEN} | variables))
    assert result.out == ""
    assert result.err.startswith("neo: ")
    assert result.err.count("\n") == 1
    assert TOKEN not in result.err
    return result


@pytest.fixture
def foreign_server(tmp_path: Path) -> Iterator[str]:
    """Serve a foreign site: it answers with pages, and redirects `/api/v1/secrets` to the path with a slash."""
    (tmp_path / "api" / "v1" / "secrets").mkdir(parents=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path))  # type: ignore[arg-type]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_refused_connection_is_reported(fresh: Neo) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        result = failed_request(fresh, f"http://127.0.0.1:{holder.getsockname()[1]}")
    assert result.code == Exit.UNAVAILABLE
    assert "cannot be reached: Connection refused. Check the URL, and that the server is running." in result.err


def test_timeout_is_reported(fresh: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neo_cli.client.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = failed_request(fresh, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert (result.code, "did not answer in time" in result.err) == (Exit.UNAVAILABLE, True)


def test_unknown_host_is_reported(fresh: Neo) -> None:
    result = failed_request(fresh, "https://secrets.invalid")
    assert (result.code, "https://secrets.invalid cannot be reached: " in result.err) == (Exit.UNAVAILABLE, True)


def test_foreign_server_is_reported(fresh: Neo, foreign_server: str) -> None:
    result = failed_request(fresh, f"{foreign_server}/elsewhere")
    assert (result.code, "not like a Neo Secrets server. Check the server URL." in result.err) == (Exit.PROTOCOL, True)


def test_redirect_is_not_followed(fresh: Neo, foreign_server: str) -> None:
    result = failed_request(fresh, foreign_server)
    assert result.code == Exit.PROTOCOL
    assert "redirects to /api/v1/secrets/" in result.err
    assert "If you trust it, pass it as --server." in result.err


def test_untrusted_certificate_is_refused_and_trusted_accepted(neo: Neo, tmp_path: Path) -> None:
    with tls_in_front_of(neo.site.port, tmp_path) as tls:
        refused = failed_request(neo, tls.url)
        assert (refused.code, "SSL_CERT_FILE" in refused.err) == (Exit.UNAVAILABLE, True)
        token = neo.site.headers("member")["Authorization"].removeprefix("Bearer ")
        variables = {"NEO_TOKEN": token, "SSL_CERT_FILE": str(tls.certificate)}
        assert neo("secrets", "list", "--server", tls.url, **variables).code == 0


def test_https_to_a_plain_http_port_is_reported(fresh: Neo) -> None:
    result = failed_request(fresh, f"https://127.0.0.1:{fresh.site.port}")
    assert (result.code, "does not speak TLS" in result.err) == (Exit.UNAVAILABLE, True)


def test_plain_http_is_refused_before_sending(fresh: Neo) -> None:
    result = failed_request(fresh, "http://secrets.invalid")
    assert (result.code, "--insecure-http secrets.invalid" in result.err) == (Exit.CONFIGURATION, True)
    accepted = fresh("secrets", "list", "--server", "http://secrets.invalid", NEO_TOKEN=TOKEN,
                     NEO_INSECURE_HTTP="secrets.invalid")  # fmt: skip
    assert accepted.code == Exit.UNAVAILABLE


def test_plain_http_ignores_proxies(neo: Neo) -> None:
    assert neo("secrets", "list", HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1").code == 0
