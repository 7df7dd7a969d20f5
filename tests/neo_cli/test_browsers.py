"""`neo login` by a browser: each answer of a server, and when a browser opens."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from neo_cli import browsers
from neo_cli.browsers import log_in_by_browser
from neo_cli.credentials import Login
from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.unreachable import NoAnswer

URL = "https://secrets.example.com"
PAGE = f"{URL}/accounts/device/?user_code=WDJB-MJHT"
CODES = {
    "device_code": "canary-of-a-device-code",
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{URL}/accounts/device/",
    "verification_uri_complete": PAGE,
    "expires_in": 600,
    "interval": 5,
}
GOT = {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "expires_in": 300, "username": "member"}
SCREEN = ("NO_BROWSER", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY")


def problem(status: int, code: str) -> Refusal:
    return Refusal({"status": status, "code": code, "detail": "Said by the server.", "request_id": "x"}, None)


PENDING, SLOW_DOWN = problem(400, "authorization_pending"), problem(400, "slow_down")


class Server:
    """A server with prepared answers, an exception among them being raised; it stands in for the transport."""

    url = URL

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def send(self, method: str, path: str, *, body: dict[str, Any]) -> Any:
        self.asked.append((path, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seconds that were slept, by which the clock goes."""
    slept: list[int] = []
    monkeypatch.setattr(browsers, "time", SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept)))
    return slept


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a browser was asked to open, on a machine without a screen."""
    for name in SCREEN:
        monkeypatch.delenv(name, raising=False)
    pages: list[str] = []
    processes = SimpleNamespace(Popen=lambda command, **_: pages.append(command[-1]), DEVNULL=subprocess.DEVNULL)
    monkeypatch.setattr(browsers, "subprocess", processes)
    monkeypatch.setattr(browsers, "sys", SimpleNamespace(platform="linux", executable="python"))
    return pages


def log_in(server: Server, *, may_open: bool = True) -> Login | None:
    return log_in_by_browser(server, may_open=may_open)  # type: ignore[arg-type]


def test_approved_login_has_the_tokens_and_the_user(clock: list[int]) -> None:
    server = Server(CODES, PENDING, PENDING, GOT)
    assert log_in(server) == Login(username="member", access="a", refresh="r")
    assert clock == [5, 5, 5]
    assert [path for path, _ in server.asked] == ["auth/device", *["auth/device/token"] * 3]
    assert server.asked[1][1]["device_code"] == CODES["device_code"]


def test_terminal_shows_page_and_code_and_no_device_code(capsys: pytest.CaptureFixture[str]) -> None:
    log_in(Server(CODES, GOT))
    out, err = capsys.readouterr()
    assert (out, PAGE in err, "the code WDJB-MJHT" in err) == ("", True, True)
    assert "canary" not in err


def test_server_without_it_is_none() -> None:
    assert log_in(Server(problem(404, "not_found"))) is None


@pytest.mark.parametrize("trouble", [SLOW_DOWN, problem(429, "throttled"), problem(503, "unavailable")])
def test_client_slows_down_for_good(clock: list[int], trouble: Refusal) -> None:
    log_in(Server(CODES, trouble, PENDING, GOT))
    assert clock == [5, 10, 10]


def test_lost_answers_are_waited_out(clock: list[int]) -> None:
    log_in(Server(CODES, NoAnswer("gone", Exit.UNAVAILABLE), Failure("gone", Exit.UNAVAILABLE), GOT))
    assert clock == [5, 10, 15]


@pytest.mark.parametrize("code", ["access_denied", "expired_token", "invalid_grant"])
def test_final_answers_end_it(code: str) -> None:
    with pytest.raises(Failure) as failure:
        log_in(Server(CODES, PENDING, problem(400, code)))
    assert (failure.value.code, failure.value.message) == (Exit.REFUSED, browsers.ENDS[code])


def test_unanswered_login_ends_with_its_codes(clock: list[int]) -> None:
    with pytest.raises(Failure, match="in time"):
        log_in(Server(CODES, *[PENDING] * 120))
    assert sum(clock) == 600


@pytest.mark.parametrize("trouble", [problem(403, "password_change_required"), Failure("odd", Exit.PROTOCOL)])
def test_other_troubles_are_told(trouble: Failure) -> None:
    with pytest.raises(Failure) as failure:
        log_in(Server(CODES, trouble))
    assert failure.value is trouble


@pytest.mark.parametrize("screen", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_browser_opens_on_a_machine_with_a_screen(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], capsys: pytest.CaptureFixture[str], screen: str
) -> None:
    monkeypatch.setenv(screen, ":0")
    log_in(Server(CODES, GOT))
    assert opened == [PAGE]
    assert "It is opening here." in capsys.readouterr().err


@pytest.mark.parametrize("variable", [*SCREEN[:3], "NONE"])
def test_browser_stays_shut_elsewhere(monkeypatch: pytest.MonkeyPatch, opened: list[str], variable: str) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv(variable, "1")
    log_in(Server(CODES, GOT), may_open=variable != "NONE")
    assert opened == []


def test_browser_stays_shut_without_a_screen(opened: list[str]) -> None:
    log_in(Server(CODES, GOT))
    assert opened == []


@pytest.mark.parametrize("page", ["file:///etc/passwd", "https://secrets.example.com.evil.example/", "--help", ""])
def test_no_address_but_the_servers_is_opened(monkeypatch: pytest.MonkeyPatch, opened: list[str], page: str) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    log_in(Server(CODES | {"verification_uri_complete": page}, GOT))
    assert opened == []


def test_missing_interpreter_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(browsers, "subprocess", SimpleNamespace(Popen=fail, DEVNULL=subprocess.DEVNULL))
    assert log_in(Server(CODES, GOT)) is not None


def test_name_of_the_machine_is_sent_where_it_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    for name in ("laptop", "l" * 80, "a\x1bb", ""):
        monkeypatch.setattr(browsers, "socket", SimpleNamespace(gethostname=lambda name=name: name))
        server = Server(CODES, GOT)
        log_in(server)
        sent.append(server.asked[0][1].get("host"))
    assert sent == ["laptop", "l" * 64, None, None]
