"""An operator's work in a real browser. Every test fails as well when the browser's console complains."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import Complaints, sign_in
from tests.cast import CANARY
from tests.live.site import Site

SECRETS = "/admin/secrets_app/secret/"
PAGES = [
    *("/admin/", "/admin/secrets_app/", "/admin/password_change/", "/admin/auth/user/", "/admin/auth/user/add/"),
    *("/admin/projects/project/", "/admin/projects/project/add/", "/admin/projects/membership/"),
    *("/admin/projects/membership/add/", "/admin/projects/invitation/", SECRETS, f"{SECRETS}add/"),
    *("/admin/secrets_app/servicetoken/", "/admin/secrets_app/taskgrant/", "/admin/secrets_app/datakey/"),
    *("/admin/secrets_app/keycheckvalue/", "/admin/secrets_app/auditevent/", "/admin/neo_signin/session/", "/api/docs"),
]


def create(page: Page, site: Site, name: str, value: str = CANARY) -> None:
    page.goto(f"{site.url}{SECRETS}add/")
    page.fill("#id_name", name)
    page.fill("#id_new_value", value)
    page.click("input[name=_save]")


def open_secret(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.url}{SECRETS}?q={name}")
    page.click(f"#result_list a:text-is('{name}')")
    page.wait_for_load_state()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_foreign_and_fits_a_phone(operator: Page, site: Site, path: str) -> None:
    answer = operator.goto(site.url + path)
    assert answer is not None
    assert answer.status == 200
    operator.wait_for_load_state("networkidle")
    assert "unsafe" not in answer.headers["content-security-policy"]
    operator.set_viewport_size({"width": 390, "height": 844})
    assert operator.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_secret_is_created_and_shows_its_mask_only(operator: Page, site: Site) -> None:
    create(operator, site, "CREATED")
    assert "was added successfully" in operator.inner_text(".messagelist")
    open_secret(operator, site, "CREATED")
    content = operator.content()
    assert f"{CANARY[:3]}••••••••{CANARY[-4:]}" in content
    assert CANARY not in content


def test_a_refused_form_comes_back_without_the_value(operator: Page, site: Site) -> None:
    create(operator, site, "lower case")
    assert "Use upper-case letters" in operator.inner_text("#content")
    assert operator.input_value("#id_name") == "lower case"
    assert operator.input_value("#id_new_value") == ""
    assert CANARY not in operator.content()


def test_a_taken_name_comes_back_without_the_value(operator: Page, site: Site) -> None:
    create(operator, site, "TAKEN")
    create(operator, site, "TAKEN")
    assert "This owner already has a secret with this name" in operator.inner_text(".messagelist")
    assert operator.input_value("#id_new_value") == ""
    assert CANARY not in operator.content()


def test_a_project_is_found_by_its_name(operator: Page, site: Site) -> None:
    operator.goto(f"{site.url}{SECRETS}add/")
    operator.fill("#id_name", "SHARED")
    operator.fill("#id_new_value", CANARY)
    operator.click(".field-project .select2-selection")
    operator.fill(".select2-search__field", "Demo")
    operator.click(".select2-results__option:has-text('Demo project')")
    operator.click("input[name=_save]")
    open_secret(operator, site, "SHARED")
    assert operator.inner_text(".field-owner_link .readonly") == "Demo project"


def test_metadata_is_changed_and_the_value_stays(operator: Page, site: Site) -> None:
    create(operator, site, "DESCRIBED")
    open_secret(operator, site, "DESCRIBED")
    operator.fill("#id_description", "For the nightly build")
    operator.click(".field-expires_at .datetimeshortcuts a:has-text('Today')")
    operator.fill("#id_expires_at_1", "23:59:59")
    operator.click("input[name=_continue]")
    assert operator.input_value("#id_description") == "For the nightly build"
    assert operator.inner_text(".field-version .readonly") == "1"
    assert re.search("expire[sd]", operator.inner_text(".field-state_badges"))


def test_many_are_made_default_available_and_back(operator: Page, site: Site) -> None:
    for name in ("BULK_A", "BULK_B"):
        create(operator, site, name)
    for action, said in (("make_default", "2 made default-available."), ("make_selectable", "2 exposed only to tasks")):
        operator.goto(f"{site.url}{SECRETS}?q=BULK_")
        operator.check("#action-toggle")
        operator.select_option("select[name=action]", action)
        operator.click("button[name=index]")
        assert said in operator.inner_text(".messagelist")


def test_a_secret_is_deleted_after_a_question(operator: Page, site: Site) -> None:
    create(operator, site, "DOOMED")
    open_secret(operator, site, "DOOMED")
    operator.click(".deletelink")
    operator.click("input[type=submit]")
    operator.goto(f"{site.url}{SECRETS}?q=DOOMED")
    assert "0 secrets" in operator.inner_text(".paginator")


def test_the_audit_tells_of_a_secret_from_its_page(operator: Page, site: Site) -> None:
    create(operator, site, "WATCHED")
    open_secret(operator, site, "WATCHED")
    operator.click(".historylink")
    assert "secret.created" in operator.inner_text("#result_list")
    operator.fill("input[type=date]", "2020-01-01")
    operator.click(".secrets-day button")
    assert "0 audit events" in operator.inner_text(".paginator")


def test_signing_in_and_out(page: Page, site: Site) -> None:
    sign_in(page, site.url, "admin", site.password_of("admin"))
    page.goto(site.url + SECRETS)
    assert "/accounts/login/" not in page.url
    page.click("#logout-form button")
    page.goto(site.url + SECRETS)
    assert "/accounts/login/" in page.url


def test_the_page_of_the_api_sends_a_request(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/api/docs")
    page.click("#operations-Sign-in-signIn >> nth=0")
    page.click("button:has-text('Try it out')")
    credentials = {"username": "member", "password": site.password_of("member")}
    page.fill("#operations-Sign-in-signIn textarea", json.dumps(credentials))
    page.click("button:has-text('Execute')")
    page.wait_for_selector("#operations-Sign-in-signIn .live-responses-table .response-col_status")
    assert "200" in page.inner_text("#operations-Sign-in-signIn .live-responses-table .response-col_status >> nth=-1")


def test_a_complaint_would_be_found(context: BrowserContext, site: Site) -> None:
    """The control: a page that breaks the policy, throws and asks another host."""
    complaints, page = Complaints(site.url), context.new_page()
    complaints.watch(page)
    page.goto(f"{site.url}/accounts/login/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"https://elsewhere.example/x.png\">')")
    page.evaluate("document.body.setAttribute('onclick', 'void 0'); document.body.click()")
    page.evaluate("setTimeout(() => { throw new Error('broken') })")
    page.wait_for_timeout(500)
    text = "\n".join(complaints.found)
    assert "elsewhere.example" in text
    assert "policy violated" in text
    assert "broken" in text
