"""Whatever goes wrong is one line that says what to do, with an exit code, and never a traceback."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import neo_cli.commands.login
from neo_cli.exits import Exit
from tests.neo_cli.command import Neo, Result
from tests.neo_cli.tls import tls_in_front_of

TOKEN = "neo_sk_" + 38 * "0"


def ask(neo: Neo, server: str, **variables: str) -> Result:
    result = neo("secrets", "list", "--server", server, **({"NEO_TOKEN": TOKEN} | variables))
    assert result.out == ""
    assert result.err.startswith("neo: ")
    assert result.err.count("\n") == 1
    assert TOKEN not in result.err
    return result


@pytest.fixture
def another_server(tmp_path: Path) -> Iterator[str]:
    """A web server that is not ours: pages, and a folder without its slash, which it redirects."""
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


def test_a_server_that_is_down(fresh: Neo) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        result = ask(fresh, f"http://127.0.0.1:{holder.getsockname()[1]}")
    assert result.code == Exit.UNAVAILABLE
    assert "cannot be reached: Connection refused. Is the server running there?" in result.err


def test_a_server_that_says_nothing(fresh: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neo_cli.client.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = ask(fresh, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert (result.code, "did not answer in time" in result.err) == (Exit.UNAVAILABLE, True)


def test_a_name_that_does_not_exist(fresh: Neo) -> None:
    result = ask(fresh, "https://secrets.invalid")
    assert (result.code, "https://secrets.invalid cannot be reached: " in result.err) == (Exit.UNAVAILABLE, True)


def test_a_server_that_is_not_ours(fresh: Neo, another_server: str) -> None:
    result = ask(fresh, f"{another_server}/elsewhere")
    assert (result.code, "Is this the right address?" in result.err) == (Exit.PROTOCOL, True)


def test_a_redirect_is_not_followed(fresh: Neo, another_server: str) -> None:
    result = ask(fresh, another_server)
    assert (result.code, "sends on to /api/v1/secrets/" in result.err) == (Exit.PROTOCOL, True)


def test_a_certificate_that_is_not_trusted_and_one_that_is(neo: Neo, tmp_path: Path) -> None:
    with tls_in_front_of(neo.site.port, tmp_path) as tls:
        refused = ask(neo, tls.url)
        assert (refused.code, "SSL_CERT_FILE" in refused.err) == (Exit.UNAVAILABLE, True)
        token = neo.site.headers("member")["Authorization"].removeprefix("Bearer ")
        variables = {"NEO_TOKEN": token, "SSL_CERT_FILE": str(tls.certificate)}
        assert neo("secrets", "list", "--server", tls.url, **variables).code == 0


def test_tls_at_a_plain_port(fresh: Neo) -> None:
    result = ask(fresh, f"https://127.0.0.1:{fresh.site.port}")
    assert (result.code, "does not speak TLS" in result.err) == (Exit.UNAVAILABLE, True)


def test_plain_http_is_refused_before_anything_is_sent(fresh: Neo) -> None:
    result = ask(fresh, "http://secrets.invalid")
    assert (result.code, "--insecure-http secrets.invalid" in result.err) == (Exit.CONFIGURATION, True)
    accepted = fresh("secrets", "list", "--server", "http://secrets.invalid", NEO_TOKEN=TOKEN,
                     NEO_INSECURE_HTTP="secrets.invalid")  # fmt: skip
    assert accepted.code == Exit.UNAVAILABLE


def test_no_proxy_reads_along_on_plain_http(neo: Neo) -> None:
    assert neo("secrets", "list", HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1").code == 0


def test_a_fault_of_neo_itself_is_a_line_without_its_message(fresh: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("canary-value")

    monkeypatch.setattr(neo_cli.commands.login, "open_transport", fail)
    result = fresh("login", "--server", fresh.site.url, "-u", "member", "--password-stdin", stdin="x")
    assert result.code == Exit.SOFTWARE
    assert "RuntimeError at " in result.err
    assert "canary" not in result.err
    assert "Traceback" not in result.err


def test_output_that_nobody_reads_ends_quietly(neo: Neo) -> None:
    with neo.start("secrets", "list", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (Exit.OUTPUT_CLOSED, b"")
