"""Screenshots of the admin for `docs/admin.md`, on a site made for them: `make screenshots`. Needs Chromium."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.chromium import browser, sign_in
from tests.live.site import ROOT, Site

IMAGES = ROOT / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}
SECRETS = "/admin/secrets_app/secret/"
SHOTS = {
    "admin-index": (DESKTOP, "/admin/"),
    "admin-secrets": (DESKTOP, SECRETS),
    "admin-secret": (DESKTOP, f"{SECRETS}?q=DATABASE_URL"),
    "admin-audit": (DESKTOP, "/admin/secrets_app/auditevent/"),
    "admin-grants": (DESKTOP, "/admin/secrets_app/taskgrant/"),
    "admin-project": (DESKTOP, "/admin/projects/project/?q=Demo"),
    "admin-index-phone": (PHONE, "/admin/"),
    "admin-secrets-phone": (PHONE, SECRETS),
}
FILL = """
from django.contrib.auth import get_user_model
from neo_site.demo_secrets import fill
from projects.models import Project
named = get_user_model().objects.in_bulk(["admin", "member"], field_name="username")
fill(named["admin"], named["member"], Project.objects.get())
"""
# For these, the path is a list with one row, and the row is opened.
OPENED = ("admin-secret", "admin-project")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        site = Site(Path(directory) / "data")
        site.prepare()
        site.manage("shell", "--no-imports", "--command", FILL)
        site.start()
        try:
            take(site)
        finally:
            site.stop()


def take(site: Site) -> None:
    with browser() as chromium:
        page = chromium.new_page()
        sign_in(page, site.url, "admin", site.password_of("admin"))
        page.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
        for name, (size, path) in SHOTS.items():
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(site.url + path)
            if name in OPENED:
                open_only_row(page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{name}.png")


def open_only_row(page: Page) -> None:
    page.click("#result_list tbody th a")


if __name__ == "__main__":
    main()
