"""The drawings of docs/architecture.md say what the import contracts say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def drawing(heading: str) -> str:
    """Return the first Mermaid drawing below `heading`."""
    below = PAGE.partition(f"\n## {heading}\n")[2]
    found = re.search(r"```mermaid\n(.*?)```", below, re.DOTALL)
    assert found, heading
    return found[1]


def arrows(heading: str) -> set[tuple[str, str]]:
    """Return the arrows of a drawing, from id to id."""
    return set(re.findall(r"^\s*(\w+) --> (\w+)$", drawing(heading), re.MULTILINE))


def floors(heading: str) -> list[set[str]]:
    """Return what each floor of a drawing holds, from the top down; whatever an arrow leads to lies below its start."""
    labels = dict(re.findall(r'^\s*(\w+)\["(.*?)"\]$', drawing(heading), re.MULTILINE))
    found: list[set[str]] = []
    while labels:
        covered = {target for source, target in arrows(heading) if source in labels}
        top = labels.keys() - covered
        assert top, "The arrows run in a circle."
        found.append({name for node in top for name in labels.pop(node).split(" · ")})
    return found


def contract(name: str) -> dict[str, Any]:
    return next(each for each in CONTRACTS if each["name"] == name)


def layers(name: str) -> list[set[str]]:
    return [set(re.split(r" [|:] ", layer)) for layer in contract(name)["layers"]]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Packages", "The site knows its apps; the apps do not know each other"),
        ("Inside secrets_app", "Inside secrets_app, from what faces people down to bytes"),
    ],
)
def test_floors_are_the_layers_of_the_contract(heading: str, name: str) -> None:
    assert floors(heading) == layers(name)


def test_whoever_may_import_the_vault_is_drawn() -> None:
    drawn = {source for source, target in arrows("Plaintext's one way") if target == "vault"}
    allowed = contract("Only what handles values imports the vault")["allowed_importers"]
    assert drawn == {importer.rpartition(".")[2] for importer in allowed}
