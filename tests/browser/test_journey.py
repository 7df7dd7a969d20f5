"""The first day of a person, from an invitation to a program that runs: with scripts and without."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, Page

from tests.browser.chromium import PATIENCE_MS, Complaints
from tests.cast import CANARY
from tests.live.site import ROOT, Site

PASSWORD = "a passphrase of theirs 71"
NUMBER = 30
LINK = re.compile(r"http://\S+/invitations/accept/\S+")


@pytest.fixture(params=[True, False], ids=["scripted", "plain"])
def people(request: pytest.FixtureRequest, chromium: Browser, complaints: Complaints) -> Iterator[tuple[Page, Page]]:
    """The pages of two people, each with a browser of their own."""
    contexts = [chromium.new_context(java_script_enabled=request.param) for _ in range(2)]
    pages = []
    for context in contexts:
        context.set_default_timeout(PATIENCE_MS)
        pages.append(context.new_page())
        complaints.watch(pages[-1])
    yield pages[0], pages[1]
    for context in contexts:
        context.close()


def test_a_stranger_arrives_and_runs_a_program(
    request: pytest.FixtureRequest, people: tuple[Page, Page], site: Site, tmp_path: Path
) -> None:
    admin, stranger = people
    project, username = site.demo["project"], request.node.callspec.id
    names = [f"{username.upper()}_{number:02}" for number in range(NUMBER)]

    sign_in(admin, site, "admin")
    link = invite(admin, site, f"{username}@example.com")
    assert link not in admin.content()

    arrive(stranger, link, username)
    add_second_factor(stranger, site)
    paste(stranger, site, project, names)
    switch_on(stranger, names[7])
    look(stranger, site, project, names[7])
    token = make_token(stranger, site, project)

    printed = run(site, token, project, tmp_path, "printenv", names[7])
    assert printed == f"{{{{${names[7]}}}}}\n"
    assert CANARY not in stranger.content()


def sign_in(page: Page, site: Site, username: str) -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", site.password_of(username))
    page.click("main form button.primary")
    page.wait_for_url(f"{site.url}/")


def invite(page: Page, site: Site, email: str) -> str:
    """Invite by mail, which this site prints; return the link in it."""
    page.goto(f"{site.url}/projects/{site.demo['project']}/members/")
    page.fill("form[action$='/invitations/'] input[type=email]", email)
    page.select_option("form[action$='/invitations/'] select", "member")
    page.click("form[action$='/invitations/'] button.primary")
    assert email in page.inner_text("main")
    mail = site.output.read_text().rpartition(f"To: {email}")[2]
    (link,) = set(LINK.findall(mail))
    return str(link)


def arrive(page: Page, link: str, username: str) -> None:
    page.goto(link)
    assert link not in page.url
    page.click("main a[href*='/accounts/signup/']")
    page.fill("#id_username", username)
    page.fill("#id_password1", PASSWORD)
    page.fill("#id_password2", PASSWORD)
    page.click("main form button.primary")
    page.click("button[name=accept]")
    assert "Demo project" in page.inner_text("main")


def add_second_factor(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/accounts/2fa/totp/activate/")
    # Whoever changes how one signs in proves once more who they are.
    page.fill("main input[type=password]", PASSWORD)
    page.click("main form button.primary")
    counter = next(iter(yield_hotp_counters_from_time()))
    page.fill("#id_code", format_hotp_value(hotp_value(page.inner_text("main code"), counter)))
    page.click("main form button.primary")
    page.goto(f"{site.url}/accounts/")
    assert "Manage the second factor" in page.inner_text("main")


def paste(page: Page, site: Site, project: str, names: list[str]) -> None:
    page.goto(f"{site.url}/projects/{project}/")
    page.click("main a[href*='/secrets/import/']")
    lines = ["# From the wiki of the project", *(f"{name}={CANARY}-{name}" for name in names)]
    page.fill("textarea[name=text]", "\n".join(lines))
    with page.expect_navigation():
        page.click("main form button.primary")
    # The other journey's are in the same list, which has pages.
    page.goto(f"{site.url}/projects/{project}/?search={names[0].rpartition('_')[0]}")
    for name in names:
        assert page.is_visible(f"main a:text-is('{name}')")


def switch_on(page: Page, name: str) -> None:
    switch = f"button.switch[aria-label^='{name} ']"
    page.click(switch)
    assert page.get_attribute(switch, "aria-checked") == "true"


def look(page: Page, site: Site, project: str, name: str) -> None:
    page.goto(f"{site.url}/tasks/")
    page.select_option("select[name=project]", project)
    page.click("main form button.primary >> nth=0")
    assert page.inner_text(f"tr:has(a:text-is('{name}')) .badge") == "yes"


def make_token(page: Page, site: Site, project: str) -> str:
    page.goto(f"{site.url}/projects/{project}/tokens/")
    page.fill("#id_name", "CI")
    page.check("input[value='runtime:use']")
    page.click("main form.stack button.primary")
    return page.inner_text("#token").strip()


def run(site: Site, token: str, project: str, home: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEO_")}
    environment |= {"NEO_SERVER": site.url, "NEO_TOKEN": token, "HOME": str(home)}
    neo = [sys.executable, "-m", "neo_cli", "run", "--project", project, "--", *command]
    done = subprocess.run(neo, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
