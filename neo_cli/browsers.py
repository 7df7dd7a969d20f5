"""Login by a browser (device authorisation, RFC 8628), so that nobody types a password into a terminal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click

from neo_cli.credentials import Login
from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.text import note, printable

if TYPE_CHECKING:
    from neo_cli.client import Transport

CLIENT_ID = "neo"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
# How much longer to wait after `slow_down`, as the standard says, and where the server did not answer.
SLOWER_SECONDS = 5
MAX_HOST = 64
ENDS = {
    "access_denied": "The login was refused in the browser. Nothing was changed.",
    "expired_token": "Nobody approved the login in time. Run neo login again.",
    "invalid_grant": "The server no longer knows this login. Run neo login again.",
}


def log_in_by_browser(transport: Transport, *, may_open: bool) -> Login | None:
    """Return the login that the user approves in a browser, or None where the server has no such way.

    Raise Failure if they refuse it, or approve nothing in time.
    """
    try:
        codes = transport.send("POST", "auth/device", body={"client_id": CLIENT_ID, **_host()})
    except Refusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    _show(codes, transport.url, may_open=may_open)
    got = _wait(transport, codes)
    return Login(username=got["username"], access=got["access_token"], refresh=got["refresh_token"])


def _host() -> dict[str, str]:
    """Return the name of this machine for the server, where it has one that can be shown."""
    name = socket.gethostname()[:MAX_HOST]
    return {"host": name} if name.isprintable() and name.strip() else {}


def _show(codes: dict[str, Any], url: str, *, may_open: bool) -> None:
    page = str(codes["verification_uri_complete"])
    note(f"Logging in at {url}. Open this page in a browser, on any machine:")
    click.echo(f"\n  {printable(page)}\n", err=True)
    # Only a page of the server that the user named: whatever answers there must not have others opened.
    is_open = may_open and page.startswith(f"{url}/") and _open(page)
    opened = "It is opening here. " if is_open else ""
    note(f"{opened}Approve the login there if it shows the code {printable(codes['user_code'])}. Waiting …")


def _open(page: str) -> bool:
    """Open the page if this machine has a screen of its user; return whether that was tried.

    In a process of its own, because browsers write to the terminal, and to the output of `--json`.
    """
    is_elsewhere = any(os.environ.get(name) for name in ("NO_BROWSER", "SSH_CONNECTION", "SSH_TTY"))
    has_screen = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if is_elsewhere or not has_screen:
        return False
    try:
        subprocess.Popen(  # noqa: S603  (an address of the server, as one argument, in no shell)
            [sys.executable, "-m", "webbrowser", page],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True


def _wait(transport: Transport, codes: dict[str, Any]) -> dict[str, Any]:
    """Ask for the session until the user has answered, no faster than the server allows."""
    exchange = {"grant_type": GRANT_TYPE, "device_code": codes["device_code"], "client_id": CLIENT_ID}
    seconds, until = int(codes["interval"]), time.monotonic() + int(codes["expires_in"])
    while time.monotonic() < until:
        time.sleep(seconds)
        try:
            return transport.send("POST", "auth/device/token", body=exchange)  # type: ignore[no-any-return]
        except Refusal as refusal:
            if refusal.problem_code in ENDS:
                raise Failure(ENDS[refusal.problem_code], Exit.REFUSED) from None
            if refusal.problem_code != "authorization_pending":
                _require_patience(refusal, refusal.problem_code == "slow_down" or refusal.code == Exit.TRY_LATER)
                seconds += SLOWER_SECONDS
        except Failure as failure:
            _require_patience(failure, failure.code == Exit.UNAVAILABLE)
            seconds += SLOWER_SECONDS
    raise Failure(ENDS["expired_token"], Exit.REFUSED)


def _require_patience(failure: Failure, is_passing: bool) -> None:
    """Raise what will not pass by waiting."""
    if not is_passing:
        raise failure
