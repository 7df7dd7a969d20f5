"""`neo login` on a terminal, approved at the page of the real site."""

from __future__ import annotations

import json
import re

import httpx

from tests.neo_cli.command import Neo
from tests.neo_cli.terminal import Terminal


def approve(neo: Neo, code: str) -> None:
    """Sign in at the page of the site as a member, and approve the login with this code."""
    with httpx.Client(base_url=neo.site.url, follow_redirects=True, timeout=60) as browser:
        fields = {"login": "member", "password": neo.site.password_of("member")}
        for path, form in (("login", fields), ("device", {"user_code": code, "answer": "approve"})):
            page = browser.get(f"/accounts/{path}/").text
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
            assert token is not None
            answer = browser.post(f"/accounts/{path}/", data=form | {"csrfmiddlewaretoken": token[1]})
            assert answer.status_code == 200
        assert "is signed in as you" in answer.text


def test_login_is_approved_in_a_browser(fresh: Neo) -> None:
    with Terminal(fresh, "login", "--server", fresh.site.url, "--no-browser") as terminal:
        terminal.wait_for("user_code=")
        approve(fresh, terminal.wait_for("\r\n"))
        terminal.wait_for(f"Logged in at {fresh.site.url} as member.")
        assert terminal.wait() == 0
        assert terminal.is_as_before()
    assert fresh("whoami").out == f"member at {fresh.site.url}, from neo login\n"
    (current,) = [each for each in fresh("sessions", "list", "--json").json if each["is_current"]]
    assert current["client"].startswith("neo on ")
    stored = json.loads(fresh.credentials.read_text())["servers"][fresh.site.url]
    assert stored["username"] == "member"


def test_waiting_login_ends_quietly(fresh: Neo) -> None:
    with Terminal(fresh, "login", "--server", fresh.site.url, "--no-browser") as terminal:
        terminal.wait_for("Waiting")
        terminal.press(b"\x03")
        assert terminal.wait() == 130
        assert b"Traceback" not in terminal.screen
    assert not fresh.credentials.exists()
