"""Logging in and out of the real site, by password and by service token."""

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


def test_a_password_begins_a_session(fresh: Neo) -> None:
    fresh.log_in("member")
    assert fresh("whoami").out == f"member at {fresh.site.url}, by neo login\n"
    assert fresh("whoami", "--json").json == {
        "server": fresh.site.url,
        "username": "member",
        "token": None,
        "origin": "neo login",
    }


def test_the_password_is_asked_for_without_echo(fresh: Neo) -> None:
    password = fresh.site.password_of("member")
    with Terminal(fresh, "login") as terminal:
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


def test_a_question_that_is_broken_off_ends_quietly(fresh: Neo) -> None:
    with Terminal(fresh, "login", "--server", fresh.site.url, "-u", "member") as terminal:
        terminal.wait_for("Password (not shown): ")
        terminal.press(b"\x03")
        assert terminal.wait() == 130
        assert terminal.is_as_before()
        assert b"Traceback" not in terminal.screen


def test_a_wrong_password_is_refused_and_stores_nothing(fresh: Neo) -> None:
    result = fresh("login", "--server", fresh.site.url, "-u", "member", "--password-stdin", stdin="wrong-password")
    assert result.code == Exit.REFUSED
    assert "invalid_credentials" in result.err
    assert "wrong-password" not in result.err
    assert not fresh.credentials.exists()


@pytest.mark.parametrize("arguments", [[], ["-u", "member"], ["--server", "http://127.0.0.1:1", "-u", "member"]])
def test_where_nobody_can_be_asked_it_says_what_to_give(fresh: Neo, arguments: list[str]) -> None:
    result = fresh("login", *arguments)
    assert result.code == Exit.USAGE
    assert "There is no terminal to ask at: " in result.err


@pytest.mark.parametrize("arguments", [["--password-stdin"], ["--password-stdin", "--token-stdin"]])
def test_options_that_do_not_go_together_are_refused(fresh: Neo, arguments: list[str]) -> None:
    assert fresh("login", "--server", fresh.site.url, *arguments, stdin="x").code == Exit.USAGE


def test_a_password_as_an_argument_is_not_repeated(fresh: Neo) -> None:
    result = fresh("login", "member", "hunter2-hunter2")
    assert result.code == Exit.USAGE
    assert "hunter2" not in result.err


def test_logging_in_anew_ends_the_former_session(fresh: Neo) -> None:
    fresh.log_in("member")
    before = json.loads(fresh.credentials.read_text())["servers"][fresh.site.url]["access"]
    fresh.log_in("viewer")
    assert fresh("whoami").out.startswith("viewer at ")
    assert is_refused(fresh, before)


def test_logging_out_ends_the_session_at_the_server_and_here(fresh: Neo) -> None:
    fresh.log_in("member")
    login = json.loads(fresh.credentials.read_text())["servers"][fresh.site.url]
    assert fresh("logout").code == 0
    assert is_refused(fresh, login["access"])
    assert login["refresh"] not in fresh.credentials.read_text()
    assert fresh("secrets", "list").code == Exit.REFUSED
    assert fresh("logout").code == Exit.NOT_FOUND


def test_a_service_token_is_kept_and_shown_by_its_beginning(fresh: Neo) -> None:
    token = service_token(fresh, "secrets:read")
    result = fresh("login", "--server", fresh.site.url, "--token-stdin", stdin=f"{token}\n")
    assert (result.code, result.err) == (0, "")
    whoami = fresh("whoami")
    assert whoami.out == f"service token {token[:12]}… at {fresh.site.url}, by neo login\n"
    assert fresh("secrets", "list").code == 0
    assert fresh("projects", "list").code == Exit.REFUSED
    logout = fresh("logout")
    assert "still good" in logout.err
    assert token not in logout.err + fresh.credentials.read_text()


def test_a_token_that_the_server_does_not_know_is_not_stored(fresh: Neo) -> None:
    result = fresh("login", "--server", fresh.site.url, "--token-stdin", stdin="neo_sk_" + 38 * "0")
    assert result.code == Exit.REFUSED
    assert "0000" not in result.err
    assert not fresh.credentials.exists()


def test_the_environment_goes_before_what_is_stored(neo: Neo) -> None:
    token = service_token(neo, "projects:read")
    result = neo("whoami", NEO_TOKEN=token)
    assert result.out == f"service token {token[:12]}… at {neo.site.url}, by NEO_TOKEN\n"
    assert neo("secrets", "list", NEO_TOKEN=token).code == Exit.REFUSED
    wrong = neo("whoami", NEO_TOKEN=f"{token[:-1]}!")
    assert wrong.code == Exit.REFUSED
    assert "the token from NEO_TOKEN" in wrong.err
    assert token[:-1] not in wrong.err


def test_server_and_token_from_the_environment_are_enough(fresh: Neo) -> None:
    token = service_token(fresh, "secrets:read")
    assert fresh("secrets", "list", NEO_SERVER=fresh.site.url, NEO_TOKEN=token).code == 0
    assert not fresh.credentials.exists()


def test_without_a_server_it_says_what_to_do(fresh: Neo) -> None:
    result = fresh("secrets", "list")
    assert result.code == Exit.CONFIGURATION
    assert "neo login --server" in result.err


def is_refused(neo: Neo, access: str) -> bool:
    answer = httpx.get(f"{neo.site.url}/api/v1/projects", headers={"Authorization": f"Bearer {access}"}, timeout=30)
    return answer.status_code == 401
