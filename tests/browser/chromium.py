"""Debian's Chromium, driven by Playwright, which brings no browser of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, Request, sync_playwright

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Root has no sandbox, and nothing here talks to the makers of the browser.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 30_000
NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
    console.error("policy violated: " + event.violatedDirective + " " + event.blockedURI));
"""


@dataclass
class Complaints:
    """What a careful person would see in the browser's console and list of requests."""

    url: str
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.add_init_script(NOTE_VIOLATIONS)
        page.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", self._note_request)

    def _note_request(self, request: Request) -> None:
        self._note(not request.url.startswith((self.url, "data:")), f"request to another host: {request.url}")

    def _note(self, is_bad: bool, text: str) -> None:
        self.found += [text] if is_bad else []


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield chromium
        chromium.close()


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/admin/")
    page.fill("#id_login", username)
    page.fill("#id_password", password)
    page.click("button.primary")
    page.wait_for_selector("#user-tools")
