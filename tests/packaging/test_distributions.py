"""What is in the wheel and the sdist, and what they ask for."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from secrets_app import __version__
from tests.packaging.conftest import ROOT, Distributions

PACKAGES = ("neo_cli", "neo_base", "projects", "secrets_app")
REQUIREMENT_FILES = ("requirements.txt", "requirements-otp.txt", "requirements-kms.txt", "requirements-dev.txt")
LEFT_OUT = re.compile(r"__pycache__|\.pyc$")


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def files_of_packages() -> set[str]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    return {name for path in found if not LEFT_OUT.search(name := path.relative_to(ROOT).as_posix())}


def test_the_wheel_holds_every_file_of_the_apps_and_nothing_else(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        names = set(wheel.namelist())
    assert {name for name in names if ".dist-info/" not in name} == files_of_packages()


def test_the_sdist_holds_the_apps_and_neither_site_nor_tests(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert files_of_packages() <= names
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names
    assert {Path(name).parts[0] for name in names} & {"neo_site", "tests"} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists() == (ROOT / package).exists()


def test_the_version_has_one_place(distributions: Distributions) -> None:
    assert f"-{__version__}-" in distributions.wheel.name
    assert "version" not in project()


def test_the_wheel_requires_what_the_requirement_files_list() -> None:
    lines = {line for file in REQUIREMENT_FILES for line in (ROOT / file).read_text(encoding="utf-8").splitlines()}
    extras = project()["optional-dependencies"].values()
    assert {*project()["dependencies"], *(line for extra in extras for line in extra)} - lines == set()
