"""Every page, for everybody: by the rules of WCAG 2.2 A and AA, with a keyboard alone, and without a complaint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.axe import script, violations
from tests.browser.chromium import PATIENCE_MS
from tests.cast import CANARY
from tests.live.site import Site

SIGNED_OUT = ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"]
PAGES = [
    *("/", "/secrets/", "/secrets/?search=nothing-like-it", "/secrets/new/", "/secrets/import/"),
    *("/projects/", "/tasks/", "/tokens/", "/audit/"),
    *("/accounts/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"),
    "/accounts/device/",
    *("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/", "/accounts/logout/"),
]
ADMIN = "/admin/"
ADMIN_PAGES = [
    *("", "auth/user/", "auth/user/add/", "projects/project/", "projects/project/add/", "projects/membership/"),
    *("projects/membership/add/", "projects/invitation/", "projects/invitation/add/", "secrets_app/secret/"),
    *("secrets_app/secret/add/", "secrets_app/servicetoken/", "secrets_app/taskgrant/"),
    *("secrets_app/datakey/", "secrets_app/keycheckvalue/", "secrets_app/auditevent/", "neo_signin/session/"),
]
# Both colour schemes and both widths, each with both languages between them.
LOOKS = {
    "en": [{"scheme": "light", "width": 1280}, {"scheme": "dark", "width": 360}],
    "de": [{"scheme": "dark", "width": 1280}, {"scheme": "light", "width": 360}],
}
EACH_TIME_AND_AT_NIGHT = [
    pytest.param("en", False, id="en"),
    pytest.param("en", True, id="en in every look", marks=pytest.mark.nightly),
    pytest.param("de", True, id="de", marks=pytest.mark.nightly),
]
# Everything that a keyboard has to reach; of radio buttons with one name, it is one.
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(each =>
    each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.type !== "hidden"
    && (each.type !== "radio" || each.checked)).map(each => { each.dataset.unreached = "1"; return each.outerHTML })"""
NOTE_REACHED = "delete document.activeElement.dataset.unreached"
UNREACHED = """[...document.querySelectorAll("[data-unreached]")].map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="session")
def axe() -> str:
    return script()


@pytest.fixture
def speaking(chromium: Browser, signed_in: Any) -> Callable[[str], Page]:
    """The page of an operator whose browser asks for a language. Nobody watches it: axe-core itself adds styles."""

    def page(language: str) -> Page:
        context: BrowserContext = chromium.new_context(locale=language, storage_state=signed_in)
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()

    return page


@pytest.fixture(scope="module")
def stocked(site: Site) -> list[str]:
    """The addresses of a project and of a secret in it that has two versions, for which there are pages and forms."""
    project = site.demo["project"]
    with site.client("admin") as client:
        body = {"name": "STOCKED", "value": CANARY, "default_available": True, "project_id": project}
        secret = client.post("/api/v1/secrets", json=body).json()["id"]
        assert client.patch(f"/api/v1/secrets/{secret}", json={"value": f"{CANARY}-2"}).status_code == 200
    pages = [f"/projects/{project}/", f"/secrets/new/?project={project}", f"/secrets/import/?project={project}"]
    pages += [f"/projects/{project}/{part}/" for part in ("members", "settings", "audit", "tokens", "delete", "leave")]
    return [*pages, *(f"/secrets/{secret}/{form}" for form in ("", "edit/", "value/", "send/", "delete/"))]


def looks(language: str, every: bool, number: int) -> list[dict[str, Any]]:
    """Return how to look at the page of this number: in every way, or in one way, the next page in the other."""
    return LOOKS[language] if every else [LOOKS[language][number % 2]]


def of_the_secret(stocked: list[str]) -> list[str]:
    """The pages of the admin for the secret whose pages are the last of these."""
    secret = stocked[-1].split("/")[2]
    return [f"secrets_app/secret/{secret}/{page}/" for page in ("change", "move", "versions/1/restore", "delete")]


@pytest.mark.parametrize(("language", "every"), EACH_TIME_AND_AT_NIGHT)
def test_no_page_has_a_barrier(
    speaking: Callable[[str], Page], site: Site, stocked: list[str], axe: str, language: str, every: bool
) -> None:
    page, found = speaking(language), []
    for number, path in enumerate([*PAGES, *stocked]):
        page.goto(site.url + path)
        assert page.get_attribute("html", "lang") == language
        found += violations(page, axe, looks(language, every, number))
    page.context.clear_cookies()
    for number, path in enumerate(SIGNED_OUT):
        page.goto(site.url + path)
        found += violations(page, axe, looks(language, every, number))
    page.context.close()
    assert found == []


@pytest.mark.parametrize(("language", "every"), EACH_TIME_AND_AT_NIGHT)
def test_no_page_of_the_admin_has_a_barrier(
    speaking: Callable[[str], Page], site: Site, stocked: list[str], axe: str, language: str, every: bool
) -> None:
    page, found = speaking(language), []
    for number, path in enumerate([*ADMIN_PAGES, *of_the_secret(stocked)]):
        answer = page.goto(site.url + ADMIN + path)
        assert answer is not None
        assert (path, answer.status, page.get_attribute("html", "lang")) == (path, 200, language)
        found += violations(page, axe, looks(language, every, number))
    page.context.close()
    assert found == []


def test_a_barrier_would_be_found(speaking: Callable[[str], Page], site: Site, axe: str) -> None:
    """The control: a picture and an input without a text."""
    page = speaking("en")
    page.goto(f"{site.url}/accounts/login/")
    page.evaluate("document.querySelector('main').innerHTML += '<img><input>'")
    found = violations(page, axe, LOOKS["en"])
    page.context.close()
    assert sorted(each.split(": ")[1] for each in found) == 2 * ["image-alt"] + 2 * ["label"]


def test_no_page_complains_or_is_wider_than_a_phone(operator: Page, site: Site, stocked: list[str]) -> None:
    operator.set_viewport_size({"width": 360, "height": 780})
    for path in [*PAGES, *stocked]:
        answer = operator.goto(site.url + path)
        assert answer is not None
        assert (path, answer.status) == (path, 200)
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "no-store" in answer.headers["cache-control"]
        operator.wait_for_load_state("networkidle")
        assert (path, operator.evaluate("document.documentElement.scrollWidth")) == (path, 360)


@pytest.mark.parametrize("path", ["/", "/secrets/", "/secrets/new/", "/secrets/import/", "/accounts/"])
def test_a_keyboard_reaches_everything(operator: Page, site: Site, path: str) -> None:
    operator.goto(site.url + path)
    expected = operator.evaluate(REACHABLE)
    assert expected
    # An input for a time has several parts.
    for _ in range(len(expected) + 10):
        operator.keyboard.press("Tab")
        operator.evaluate(NOTE_REACHED)
    assert operator.evaluate(UNREACHED) == []


def test_the_first_key_leads_to_the_content(operator: Page, site: Site) -> None:
    operator.goto(f"{site.url}/secrets/")
    operator.keyboard.press("Tab")
    operator.keyboard.press("Enter")
    assert operator.evaluate("document.activeElement.id") == "content"
