"""axe-core, the rules of WCAG that a program can judge, from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

HERE = Path(__file__).parent
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(found =>
    found.violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.target.join(" ")}`)))"""


def script(directory: Path) -> str:
    """Return the source of axe-core, installed once into `directory`."""
    manifest = (HERE / "package.json").read_text(encoding="utf-8")
    installed = directory / "installed.json"
    source = directory / "node_modules" / "axe-core" / "axe.min.js"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != manifest:
        shutil.copy(HERE / "package.json", directory)
        options = ["--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(["npm", "install", *options], cwd=directory, check=True, capture_output=True)
        installed.write_text(manifest, encoding="utf-8")
    assert json.loads(manifest)["dependencies"]["axe-core"] in source.read_text(encoding="utf-8")[:200]
    return source.read_text(encoding="utf-8")


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
