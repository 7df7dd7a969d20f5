"""`neo login`, `neo logout` and `neo whoami` against the real site."""

from __future__ import annotations

import json

import httpx
import pytest

from neo_cli.exits import Exit
from tests.neo_cli.command import Neo
from tests.neo_cli.terminal import Terminal


def service_token(neo: Neo, *scopes: str) -> str:
    with neo.site.client("member") as client:
        answer = client.post("/api/v1/tokens", json={"name": "CI", "scopes": list(scopes)})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


def test_password_starts_a_session(fresh: Neo) -> None:
    fresh.log_in("member")
    assert fresh("whoami").out == f"member at {fresh.site.url}, from neo login\n"
    assert fresh("whoami", "--json").json == {
        "server": fresh.site.url,
        "username": "member",
        "token": None,
        "origin": "neo login",
    }


def test_password_prompt_shows_nothing_typed(fresh: Neo) -> None:
    password = fresh.site.password_of("member")
    with Terminal(fresh, "login", "--password") as terminal:
        terminal.wait_for("Server [http://127.0.0.1:8000]: ")
        terminal.press(f"{fresh.site.url}\n".encode())
        terminal.wait_for("User name: ")
        terminal.press(b"member\n")
        terminal.wait_for("Password (not shown): ")
        terminal.press(f"nonsense\x15x\x7f{password}\n".encode())
        terminal.wait_for(f"Logged in at {fresh.site.url} as member.")
        assert terminal.wait() == 0
        assert terminal.is_as_before()
        assert password.encode() not in terminal.screen
    assert fresh("whoami").code == 0


def test_interrupted_prompt_ends_quietly(fresh: Neo) -> None:
    with Terminal(fresh, "login", "--server", fresh.site.url, "-u", "member") as terminal:
        terminal.wait_for("Password (not shown): ")
        terminal.press(b"\x03")
        assert terminal.wait() == 130
        assert terminal.is_as_before()
        assert b"Traceback" not in terminal.screen


def test_wrong_password_stores_nothing(fresh: Neo) -> None:
    result = fresh("login", "--server", fresh.site.url, "-u", "member", "--password-stdin", stdin="wrong-password")
    assert result.code == Exit.REFUSED
    assert "invalid_credentials" in result.err
    assert "wrong-password" not in result.err
    assert not fresh.credentials.exists()


@pytest.mark.parametrize("arguments", [[], ["-u", "member"], ["--server", "http://127.0.0.1:1", "-u", "member"]])
def test_without_a_terminal_it_says_what_to_give(fresh: Neo, arguments: list[str]) -> None:
    result = fresh("login", *arguments)
    assert result.code == Exit.USAGE
    assert "stdin is not a terminal. Give " in result.err


@pytest.mark.parametrize("arguments", [["--password-stdin"], ["--password-stdin", "--token-stdin"]])
def test_conflicting_options_are_refused(fresh: Neo, arguments: list[str]) -> None:
    assert fresh("login", "--server", fresh.site.url, *arguments, stdin="x").code == Exit.USAGE


def test_password_on_the_command_line_is_not_quoted(fresh: Neo) -> None:
    result = fresh("login", "member", "hunter2-hunter2")
    assert result.code == Exit.USAGE
    assert "hunter2" not in result.err


def test_new_login_ends_the_previous_session(fresh: Neo) -> None:
    fresh.log_in("member")
    before = json.loads(fresh.credentials.read_text())["servers"][fresh.site.url]["access"]
    fresh.log_in("viewer")
    assert fresh("whoami").out.startswith("viewer at ")
    assert is_refused(fresh, before)


def test_logout_ends_the_session_at_the_server_and_here(fresh: Neo) -> None:
    fresh.log_in("member")
    login = json.loads(fresh.credentials.read_text())["servers"][fresh.site.url]
    assert fresh("logout").code == 0
    assert is_refused(fresh, login["access"])
    assert login["refresh"] not in fresh.credentials.read_text()
    assert fresh("secrets", "list").code == Exit.REFUSED
    assert fresh("logout").code == Exit.NOT_FOUND


def test_service_token_is_stored_and_shown_abbreviated(fresh: Neo) -> None:
    token = service_token(fresh, "secrets:read")
    result = fresh("login", "--server", fresh.site.url, "--token-stdin", stdin=f"{token}\n")
    assert (result.code, result.err) == (0, "")
    whoami = fresh("whoami")
    assert whoami.out == f"service token {token[:12]}… at {fresh.site.url}, from neo login\n"
    assert fresh("secrets", "list").code == 0
    assert fresh("projects", "list").code == Exit.REFUSED
    logout = fresh("logout")
    assert "still valid" in logout.err
    assert token not in logout.err + fresh.credentials.read_text()


def test_unknown_token_is_not_stored(fresh: Neo) -> None:
    result = fresh("login", "--server", fresh.site.url, "--token-stdin", stdin="neo_sk_" + 38 * "0")
    assert result.code == Exit.REFUSED
    assert "0000" not in result.err
    assert not fresh.credentials.exists()


def test_token_variable_takes_precedence(neo: Neo) -> None:
    token = service_token(neo, "projects:read")
    result = neo("whoami", NEO_TOKEN=token)
    assert result.out == f"service token {token[:12]}… at {neo.site.url}, from NEO_TOKEN\n"
    assert neo("secrets", "list", NEO_TOKEN=token).code == Exit.REFUSED
    wrong = neo("whoami", NEO_TOKEN=f"{token[:-1]}!")
    assert wrong.code == Exit.REFUSED
    assert "the token from NEO_TOKEN" in wrong.err
    assert token[:-1] not in wrong.err


def test_server_and_token_variables_need_no_login(fresh: Neo) -> None:
    token = service_token(fresh, "secrets:read")
    assert fresh("secrets", "list", NEO_SERVER=fresh.site.url, NEO_TOKEN=token).code == 0
    assert not fresh.credentials.exists()


def test_without_a_server_it_says_how_to_log_in(fresh: Neo) -> None:
    result = fresh("secrets", "list")
    assert result.code == Exit.CONFIGURATION
    assert "neo login --server" in result.err


def is_refused(neo: Neo, access: str) -> bool:
    answer = httpx.get(f"{neo.site.url}/api/v1/projects", headers={"Authorization": f"Bearer {access}"}, timeout=30)
    return answer.status_code == 401
