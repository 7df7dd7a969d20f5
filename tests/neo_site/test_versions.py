"""The lowest versions of dependencies: older ones have holes that this code cannot close."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
FLOORS = {
    # JSON bodies of any size past DATA_UPLOAD_MAX_MEMORY_SIZE.
    "djangorestframework": (3, 17, 2),
    # Injection through column aliases and dictionaries of keyword arguments.
    "Django": (5, 2, 8),
    # Tokens with an unknown `crit` were taken.
    "PyJWT": (2, 12),
}


def parsed(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]+", text))


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_what_is_installed_is_new_enough(package: str, floor: tuple[int, ...]) -> None:
    assert parsed(version(package)) >= floor


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_what_is_required_is_new_enough(package: str, floor: tuple[int, ...]) -> None:
    line = re.search(rf"^{package}>=([0-9.]+)", REQUIREMENTS.read_text(), re.MULTILINE)
    assert line is not None
    assert parsed(line[1]) >= floor


def test_the_package_that_this_django_needs_is_required() -> None:
    assert re.search(r"^django-cryptography-5>=", REQUIREMENTS.read_text(), re.MULTILINE)
    assert not re.search(r"^django-cryptography\b(?!-5)", REQUIREMENTS.read_text(), re.MULTILINE)
