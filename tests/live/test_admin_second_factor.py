"""The admin of the real site, with a second factor."""

from __future__ import annotations

import hmac
import re
import subprocess
import sys
import time
from base64 import b32decode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.live.databases import new_database
from tests.live.site import ROOT, Site, environment

pytestmark = pytest.mark.once

pytest.importorskip("django_otp", reason="django-otp is not installed: pip install -r requirements-otp.txt")

# More failures of one name than any other test here makes.
FAILURES = 10

WITHOUT_THE_PACKAGE = """
import sys
sys.modules["django_otp"] = None
import os
from django.core.management import execute_from_command_line
from neo_site.startup import load_settings
os.environ["DJANGO_SETTINGS_MODULE"] = "neo_site.settings"
load_settings()
"""

# In one process: each takes a second to start.
MAKE_STAFF = """
from django.contrib.auth import get_user_model
from django.core.management import call_command
get_user_model().objects.filter(username__in=["stranger", "viewer"]).update(is_staff=True, is_superuser=True)
call_command("add_totp", "viewer")
call_command("add_totp", "admin")
for _ in range(3):
    call_command("addstatictoken", "admin")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    limit = {"NEO_SIGN_IN_NAME_FAILURES": f"{FAILURES}/day"}
    site = Site(tmp_path_factory.mktemp("factor") / "data", NEO_ADMIN_OTP="true", **limit, **new_database())
    site.prepare()
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


@pytest.fixture(scope="module")
def operators(site: Site) -> list[str]:
    """Operators with and without devices; what the commands print: a device of `viewer`, one of `admin`, its codes."""
    return site.manage("shell", "--no-imports", "--command", MAKE_STAFF).splitlines()


@pytest.fixture(scope="module")
def key(operators: list[str]) -> bytes:
    """The key of the device that the demo's admin has."""
    return key_in(operators[1])


@pytest.fixture(scope="module")
def backup_codes(operators: list[str]) -> list[str]:
    """The codes of the demo's admin. Each test takes its own."""
    return operators[2:]


@pytest.fixture(scope="module")
def other_operator(operators: list[str]) -> str:
    """Staff without a device."""
    return "stranger"


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


def key_in(address: str) -> bytes:
    (line,) = address.splitlines()
    parts = urlsplit(line)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    return b32decode(parse_qs(parts.query)["secret"][0])


def code(key: bytes) -> str:
    """The code of now (RFC 6238)."""
    digest = hmac.digest(key, (int(time.time()) // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def sign_in(site: Site, browser: httpx.Client, otp_token: str, username: str = "admin") -> httpx.Response:
    """What the sign-in form of the admin answers."""
    browser.get("/admin/login/")
    form = {
        "username": username,
        "password": site.demo["passwords"][username],
        "otp_token": otp_token,
        "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        "next": "/admin/",
    }
    return browser.post("/admin/login/", data=form)


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/admin/").status_code == 200


def test_a_password_alone_does_not_open_the_admin(site: Site, key: bytes, browser: httpx.Client) -> None:
    assert "otp_token" in browser.get("/admin/login/").text
    assert sign_in(site, browser, "").status_code == 200
    assert not is_in(browser)


def test_a_code_opens_the_whole_admin_once(site: Site, key: bytes, browser: httpx.Client) -> None:
    used = code(key)
    assert sign_in(site, browser, used).status_code == 302
    assert is_in(browser)
    page = browser.get("/admin/").text
    assert all(name in page for name in ("Users", "Secrets", "Projects", "Sessions", "TOTP devices"))

    with httpx.Client(base_url=site.url, timeout=30) as another:
        assert sign_in(site, another, used).status_code == 200
        assert not is_in(another)


def test_a_backup_code_opens_the_admin_once(site: Site, backup_codes: list[str], browser: httpx.Client) -> None:
    backup = backup_codes.pop()
    assert sign_in(site, browser, backup).status_code == 302
    assert is_in(browser)
    browser.cookies.clear()
    assert sign_in(site, browser, backup).status_code == 200
    assert not is_in(browser)


def test_a_failed_sign_in_gives_back_neither_password_nor_code(
    site: Site, other_operator: str, browser: httpx.Client
) -> None:
    page = sign_in(site, browser, "canary-code", other_operator).text
    assert "errornote" in page
    assert "canary-code" not in page
    assert site.demo["passwords"][other_operator] not in page


def test_a_user_without_a_device_does_not_get_in(site: Site, other_operator: str, browser: httpx.Client) -> None:
    assert sign_in(site, browser, "000000", other_operator).status_code == 200
    assert not is_in(browser)
    refused = [line for line in site.manage("audit", "export").splitlines() if '"sign_in.refused"' in line]
    assert any(f'"subject_label":"{other_operator}"' in line for line in refused)


def test_a_user_without_a_device_is_told_in_their_language(
    site: Site, other_operator: str, browser: httpx.Client
) -> None:
    browser.headers["Accept-Language"] = "de"
    page = sign_in(site, browser, "000000", other_operator).text
    assert "Dieses Konto hat kein Gerät für solche Codes." in page
    assert "This account" not in page


def test_the_admin_shows_owners_of_devices_and_never_keys(
    site: Site, key: bytes, backup_codes: list[str], browser: httpx.Client
) -> None:
    kept = backup_codes[0]
    assert sign_in(site, browser, backup_codes.pop()).status_code == 302
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        listed = browser.get(f"/admin/{model}/")
        paths = set(re.findall(rf'"(/admin/{model}/\d+/change/)"', listed.text))
        devices = [browser.get(path) for path in paths]
        assert {answer.status_code for answer in (listed, *devices)} == {200}
        shown = "".join(answer.text for answer in (listed, *devices))
        assert "admin" in shown
        assert not [secret for secret in (key.hex(), kept) if secret in shown]
        pages = [path.replace("change", page) for path in paths for page in ("config", "qrcode")]
        assert [page for page in pages if browser.get(page).status_code == 200] == []
        assert browser.get(f"/admin/{model}/add/").status_code == 403
        assert browser.get(f"/admin/{model}/?key__startswith=a").status_code == 400


def test_right_passwords_without_a_right_code_are_failures_too(
    site: Site, operators: list[str], browser: httpx.Client
) -> None:
    codes = ["", "000000", "not a code"] * FAILURES
    answers = [sign_in(site, browser, otp_token, "viewer") for otp_token in codes[: FAILURES + 1]]
    assert [answer.status_code for answer in answers] == [200] * FAILURES + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    credentials = {"username": "viewer", "password": site.demo["passwords"]["viewer"]}
    assert browser.post("/api/v1/auth/token", json=credentials).status_code == 429


def test_a_second_device_replaces_the_first_only_when_told(site: Site, browser: httpx.Client) -> None:
    first = key_in(site.manage("add_totp", "member"))
    refused = subprocess.run(
        [sys.executable, "manage.py", "add_totp", "member"],
        cwd=ROOT,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--replace" in refused.stderr
    assert key_in(site.manage("add_totp", "member", "--replace")) != first


def test_the_api_asks_for_no_second_factor_and_no_key_is_logged(site: Site, key: bytes) -> None:
    with site.client("member") as client:
        assert client.get("/api/v1/secrets").status_code == 200
    assert key.hex() not in site.output.read_text()


def test_the_setting_without_the_package_refuses_to_start(site: Site) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_PACKAGE],
        cwd=ROOT,
        env=environment(site.directory, NEO_PROFILE="development", NEO_ADMIN_OTP="true"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("Refusing to start: NEO_ADMIN_OTP needs the package django-otp.")
    assert len(run.stderr.splitlines()) == 1


def test_without_the_setting_the_package_is_not_asked_for(site: Site) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_PACKAGE + "\nexecute_from_command_line(['manage.py', 'check'])"],
        cwd=ROOT,
        env=environment(site.directory, NEO_PROFILE="development"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
