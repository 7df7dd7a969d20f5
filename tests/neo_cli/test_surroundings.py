"""Machines as they are: odd variables, homes and encodings are told or coped with, and are no bug of `neo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neo_cli.exits import Exit
from tests.neo_cli.command import Neo

NOWHERE = "http://127.0.0.1:1"
# The locale of a machine on which nobody set any, without the help of Python.
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("token", "trouble"),
    [
        ("a b", "a blank"),
        (" ", "a blank"),
        ("one\ntwo", "a line break"),
        ("one\n", "a line break"),
        ('"quoted"', "a quote"),
        ("schlüssel", "a character outside of ASCII"),
        ("\udcff", "a character outside of ASCII"),
    ],
)
def test_text_that_cannot_be_a_token_is_named(fresh: Neo, token: str, trouble: str) -> None:
    result = fresh("whoami", NEO_SERVER=NOWHERE, NEO_TOKEN=token)
    assert result.code == Exit.CONFIGURATION
    assert result.err.startswith(f"neo: NEO_TOKEN is not a token: it contains {trouble}")


@pytest.mark.parametrize("server", ["ftp://h", "https://a b", "https://a..b", "https://h:99999", "https://\udcff"])
def test_wrong_server_is_named_as_the_variable(fresh: Neo, server: str) -> None:
    result = fresh("whoami", NEO_SERVER=server, NEO_TOKEN="x")
    assert (result.code, "neo: NEO_SERVER is not a server URL." in result.err) == (Exit.USAGE, True)


def test_address_of_a_page_is_told_from_the_server(fresh: Neo) -> None:
    result = fresh("whoami", NEO_SERVER="https://h/vault/api/v1/", NEO_TOKEN="x")
    assert result.code == Exit.USAGE
    assert result.err == "neo: NEO_SERVER has the path of a page, /api/v1. Leave it out: https://h/vault\n"


@pytest.mark.parametrize("home", ["/dev/null", "/proc"])
def test_home_that_cannot_be_written_is_told_before_the_login(fresh: Neo, home: str) -> None:
    result = fresh("login", "--server", NOWHERE, "-u", "x", "--password-stdin", stdin="y", HOME=home, NEO_CONFIG_DIR="",
                   XDG_CONFIG_HOME="relative")  # fmt: skip
    assert result.code in (Exit.CANNOT_WRITE, Exit.CONFIGURATION)
    assert f"{home}/.config/neo" in result.err
    assert "NEO_CONFIG_DIR" in result.err


def test_user_without_a_home_needs_none_with_a_token(fresh: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert fresh("whoami", NEO_CONFIG_DIR="").code == Exit.CONFIGURATION
    assert fresh("whoami", NEO_CONFIG_DIR="", NEO_TOKEN="x", NEO_SERVER=NOWHERE).code == Exit.UNAVAILABLE


@pytest.mark.parametrize("variable", ["NEO_PROJECT", "NEO_TOKEN", "NEO_SERVER", "NEO_INSECURE_HTTP"])
def test_bytes_that_are_no_text_are_no_bug(neo: Neo, variable: str) -> None:
    result = neo("secrets", "set", "NAME", "--stdin", "--description", "\udce9", stdin="value", **{variable: "\udce9"})
    assert result.code not in (0, Exit.SOFTWARE)
    assert result.err.count("\n") == 1


def test_wrong_project_is_named_as_the_variable(neo: Neo) -> None:
    result = neo("secrets", "list", NEO_PROJECT="no such project")
    assert (result.code, "It is the one in NEO_PROJECT." in result.err) == (Exit.NOT_FOUND, True)
    assert "NEO_PROJECT" not in neo("secrets", "list", "--project", "no such project").err


def test_server_is_asked_before_the_password(fresh: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neo_cli.commands.login.require_terminal", str)
    result = fresh("login", "--server", NOWHERE, "-u", "x")
    assert (result.code, "Password" in result.err) == (Exit.UNAVAILABLE, False)


def test_value_is_the_stored_bytes_and_redacted_in_any_locale(runner: Neo, tmp_path: Path) -> None:
    runner("secrets", "set", "GREETING", "--stdin", stdin="grüße-Tok-42x")
    script = f"printf %s $GREETING > {tmp_path}/seen; echo $GREETING; printf 'gr\\374\\337e-Tok-42x\\n'"
    result = runner.process("run", "--secret", "GREETING", "--", "sh", "-c", script, variables=C_LOCALE)
    assert (result.code, result.err) == (0, "")
    assert result.out == "{{$GREETING}}\n{{$GREETING}}\n"
    assert (tmp_path / "seen").read_bytes() == "grüße-Tok-42x".encode()


@pytest.mark.parametrize("encoding", ["iso8859-1", "iso8859-15", "euc_jp", "ascii"])
def test_output_is_simplified_where_the_terminal_cannot_show_it(neo: Neo, encoding: str) -> None:
    neo("secrets", "set", "SHOWN", "--stdin", "--description", "日本 ü 😀",
        stdin="a value of some length")  # fmt: skip
    result = neo.process("secrets", "list", variables={"PYTHONIOENCODING": f"{encoding}:strict"})
    assert (result.code, result.err) == (0, "")
    assert "SHOWN" in result.out


def test_json_is_the_same_where_the_terminal_cannot_show_it(neo: Neo) -> None:
    neo("secrets", "set", "SHOWN", "--stdin", "--description", "日本 😀", stdin="a value of some length")
    result = neo.process("secrets", "list", "--json", variables={"PYTHONIOENCODING": "iso8859-1:strict"})
    shown = {each["name"]: each for each in json.loads(result.out)}["SHOWN"]
    assert (shown["description"], shown["masked_value"]) == ("日本 😀", "a v••••••••ngth")


def test_password_on_stdin_is_utf8_in_any_locale(fresh: Neo) -> None:
    result = fresh.process("login", "--server", fresh.site.url, "-u", "member", "--password-stdin",
                           stdin="pässword".encode(), variables=C_LOCALE)  # fmt: skip
    assert (result.code, "invalid_credentials" in result.err) == (Exit.REFUSED, True)
