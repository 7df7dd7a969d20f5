"""axe-core, the rules of WCAG that a program can judge, as a package for Python has it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(found =>
    found.violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.target.join(" ")}`)))"""


def script() -> str:
    """Return the source of axe-core. The package that brings it needs no Node.js."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, source: str, looks: list[dict[str, Any]]) -> list[str]:
    """Return what breaks a rule on the page, in each look: a colour scheme and a width."""
    page.evaluate(source)
    found = []
    for look in looks:
        page.emulate_media(color_scheme=look["scheme"], reduced_motion="reduce")
        page.set_viewport_size({"width": look["width"], "height": 900})
        # Colours that are still changing would be judged half-way.
        page.evaluate("document.getAnimations().forEach(each => each.finish())")
        found += [f"{page.url} {look['scheme']} {look['width']}: {each}" for each in page.evaluate(RUN, RULES)]
    return found
