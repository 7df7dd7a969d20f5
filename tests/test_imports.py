"""The import contracts refuse what would open a second way to plaintext or keys, wherever somebody plants it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("neo_base", "neo_cli", "neo_pages", "neo_site", "projects", "secrets_app")
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"
PLANTS = {
    "a new file": "secrets_app/new_room.py",
    "a command": "secrets_app/management/commands/secrets.py",
    "testing": "secrets_app/testing/client.py",
    "a token action": "secrets_app/actions/tokens.py",
}
VAULT = "Only what handles values imports the vault"
CRYPTO = "Only what handles keys imports the cryptography"


def broken_contracts(checkout: Path) -> list[str]:
    """Return the names of the contracts that the copy in `checkout` breaks, as import-linter prints them."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    broken = re.findall(r"^(.*) BROKEN\b", done.stdout, re.MULTILINE)
    assert done.returncode == bool(broken), done.stdout + done.stderr
    return broken


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the packages and of their contracts."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_code_keeps_its_contracts(checkout: Path) -> None:
    assert broken_contracts(checkout) == []


@pytest.mark.parametrize("file", PLANTS.values(), ids=PLANTS)
@pytest.mark.parametrize(
    ("line", "contract"),
    [("from secrets_app import vault", VAULT), ("from secrets_app.crypto import DataKeyCipher", CRYPTO)],
    ids=["vault", "crypto"],
)
def test_a_planted_import_is_refused(checkout: Path, file: str, line: str, contract: str) -> None:
    with (checkout / file).open("a", encoding="utf-8") as code:
        code.write(f"\n{line}\n")
    refused_by = broken_contracts(checkout)
    sys.stdout.write(f"{line!r} in {file} is refused by {refused_by}\n")
    assert contract in refused_by


def test_a_new_room_has_to_say_its_floor(checkout: Path) -> None:
    (checkout / "secrets_app/new_room.py").write_text("", encoding="utf-8")
    assert broken_contracts(checkout) == ["Inside secrets_app, from what faces people down to bytes"]
