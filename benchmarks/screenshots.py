"""Screenshots of the admin and the pages for `docs/`, on a site made for them: `make screenshots`. Needs Chromium."""

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
# `{project}` and `{secret}` are those of the demo.
PAGES = {
    "pages-home": (DESKTOP, "/", "light"),
    "pages-secrets": (DESKTOP, "/projects/{project}/", "light"),
    "pages-secret": (DESKTOP, "/secrets/{secret}/", "light"),
    "pages-import": (DESKTOP, "/secrets/import/?project={project}", "light"),
    "pages-task": (DESKTOP, "/tasks/?project={project}", "light"),
    "pages-secrets-phone": (PHONE, "/projects/{project}/", "dark"),
}
PASTED = "# From the old server\nSENTRY_DSN=https://key@sentry.example.com/1\nsmtpHost=mail.example.com\nDEBUG=\n"
FILL = """
from django.contrib.auth import get_user_model
from django.test import override_settings
from neo_base.mail import NO_BACKEND
from neo_site.demo_secrets import fill
from projects.models import Project
named = get_user_model().objects.in_bulk(["admin", "member"], field_name="username")
with override_settings(EMAIL_BACKEND=NO_BACKEND):  # As `manage.py demo` does: nobody is mailed.
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
        page.close()
        take_pages(site, chromium.new_page())


def take_pages(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/")
    page.fill("#id_login", "member")
    page.fill("#id_password", site.password_of("member"))
    page.click("button.primary")
    page.goto(f"{site.url}/projects/{site.demo['project']}/")
    known = {"project": site.demo["project"], "secret": secret_on(page, "DATABASE_URL")}
    for name, (size, path, scheme) in PAGES.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(site.url + path.format(**known))
        if name == "pages-import":
            page.fill("textarea", PASTED)
            page.click("[name=preview]")
            page.wait_for_selector("#preview table")
        if name == "pages-task":
            page.fill("[name=names]", "DEPLOY_KEY SMTP_PASSWORD")
            page.click("form.stack button.primary")
            page.wait_for_selector("#answer")
        page.screenshot(path=IMAGES / f"{name}.png", full_page=name in ("pages-import", "pages-task"))


def secret_on(page: Page, name: str) -> str:
    """Return the id of the secret in the list that the page shows."""
    address = page.get_by_role("link", name=name, exact=True).get_attribute("href") or ""
    return address.split("/")[-2]


def open_only_row(page: Page) -> None:
    page.click("#result_list tbody th a")


if __name__ == "__main__":
    main()
