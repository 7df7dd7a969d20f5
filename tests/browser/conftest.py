"""A browser with a fresh profile for each test, and the site that it visits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import EXECUTABLE, PATIENCE_MS, Complaints, browser, sign_in
from tests.live.site import Site, prepared_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="no Chromium: apt-get install chromium, as .ci/run does")
    for item in items:
        if EXECUTABLE is None and "tests/browser/" in item.path.as_posix():
            item.add_marker(missing)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = prepared_site(tmp_path_factory.mktemp("visited") / "data")
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed with the module: while Playwright's event loop runs, Django refuses the database to every other test."""
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, site: Site) -> Any:
    """The cookies of an operator, who signs in once."""
    context = chromium.new_context()
    sign_in(context.new_page(), site.url, "admin", site.password_of("admin"))
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Nobody's yet."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def complaints(site: Site) -> Iterator[Complaints]:
    """Fails the test in the end if the browser complained of anything."""
    complaints = Complaints(site.url)
    yield complaints
    assert complaints.found == []


@pytest.fixture
def page(context: BrowserContext, complaints: Complaints) -> Page:
    page = context.new_page()
    complaints.watch(page)
    return page


@pytest.fixture
def operator(page: Page, context: BrowserContext, signed_in: Any) -> Page:
    context.add_cookies(signed_in["cookies"])
    return page
