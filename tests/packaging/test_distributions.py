"""What is in the wheels and the sdists, and what they ask for."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from secrets_app import __version__
from tests.packaging.conftest import ROOT, Distributions

pytestmark = pytest.mark.once

PACKAGES = ("neo_base", "neo_cli", "neo_pages", "secrets_app")
PROJECTS = ("projects",)
REQUIREMENT_FILES = ("requirements.txt", "requirements-kms.txt", "requirements-dev.txt")
LEFT_OUT = re.compile(r"__pycache__|\.pyc$")
# Where the wheel has what is installed beside Python.
SCRIPT = re.compile(r"neo_secrets-[^/]+\.data/scripts/neo")
APART = ROOT / "packages" / "neo-secrets-projects"

# What sites that nobody here wrote pin, of what we need, too: healthchecks, babybuddy, Label Studio, a site made with
# cookiecutter-django, and the newest psycopg that django-tenants 3 allows.
PINS = {
    "healthchecks": ["Django==6.1", "psycopg==3.3.4"],
    "babybuddy": ["Django==5.2.15", "djangorestframework==3.17.1"],
    "label-studio": ["Django==5.2.19", "drf-spectacular==0.28.0"],
    "cookiecutter-django": [
        "Django==6.0.7",
        "djangorestframework==3.17.1",
        "drf-spectacular==0.30.0",
        "psycopg==3.3.4",
    ],
    "django-tenants": ["psycopg==3.2.13"],
}

BOTH = pytest.mark.parametrize(
    ("wheel", "sdist", "packages"),
    [("wheel", "sdist", PACKAGES), ("projects_wheel", "projects_sdist", PROJECTS)],
    ids=["neo-secrets", "neo-secrets-projects"],
)


def project(folder: Path = ROOT) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def files_of(packages: tuple[str, ...]) -> set[str]:
    found = [path for package in packages for path in (ROOT / package).rglob("*") if path.is_file()]
    return {name for path in found if not LEFT_OUT.search(name := path.relative_to(ROOT).as_posix())}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as files:
        name = next(name for name in files.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(files.read(name).decode())


@BOTH
def test_a_wheel_holds_exactly_the_files_of_its_packages(
    wheel: str, sdist: str, packages: tuple[str, ...], distributions: Distributions
) -> None:
    with zipfile.ZipFile(getattr(distributions, wheel)) as files:
        names = {SCRIPT.sub("neo_cli/neo", name) for name in files.namelist()}
    assert {name for name in names if ".dist-info/" not in name} == files_of(packages) != set()
    assert {f"{package}/py.typed" for package in packages} <= names


@BOTH
def test_an_sdist_holds_its_packages_and_no_other(
    wheel: str, sdist: str, packages: tuple[str, ...], distributions: Distributions
) -> None:
    with tarfile.open(getattr(distributions, sdist)) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert files_of(packages) <= names
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names
    others = {*PACKAGES, *PROJECTS, "neo_site", "tests"} - {*packages}
    assert {Path(name).parts[0] for name in names if name} & others == set()


@BOTH
def test_a_wheel_built_from_its_sdist_is_the_same(
    wheel: str, sdist: str, packages: tuple[str, ...], distributions: Distributions, tmp_path: Path
) -> None:
    # Not tarfile: Python asks for a filter from 3.12 on, and knows none before 3.11.4.
    subprocess.run(["tar", "-xzf", getattr(distributions, sdist), "-C", tmp_path], check=True)
    (source,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path / "dist")]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (again,) = (tmp_path / "dist").iterdir()
    assert again.read_bytes() == getattr(distributions, wheel).read_bytes()


@BOTH
def test_a_wheel_carries_its_licence_and_readme(
    wheel: str, sdist: str, packages: tuple[str, ...], distributions: Distributions
) -> None:
    path = getattr(distributions, wheel)
    said = metadata(path)
    assert said["License-Expression"] == "Apache-2.0"
    assert said.get_payload().startswith("# ")  # type: ignore[union-attr]
    with zipfile.ZipFile(path) as files:
        (licence,) = (name for name in files.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert files.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_version_has_one_place(distributions: Distributions) -> None:
    for path in distributions:
        assert path.name.removesuffix("-py3-none-any.whl").removesuffix(".tar.gz").endswith(f"-{__version__}")
    assert "version" not in {*project(), *project(APART)}


def test_projects_needs_only_neo_secrets_of_its_own_version(distributions: Distributions) -> None:
    assert metadata(distributions.projects_wheel).get_all("Requires-Dist") == [f"neo-secrets=={__version__}"]


def test_both_are_for_the_same_pythons_and_djangos() -> None:
    ours, apart = project(), project(APART)
    assert ours["requires-python"] == apart["requires-python"]
    versions = [[each for each in table["classifiers"] if " :: Cryptography" not in each] for table in (ours, apart)]
    assert versions[0] == versions[1]


def test_the_wheel_allows_the_versions_that_the_requirement_files_list() -> None:
    lines = [line for file in REQUIREMENT_FILES for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    listed = {each.name: each for each in map(Requirement, filter(re.compile(r"\w").match, lines))}
    extras = project()["optional-dependencies"].values()
    for allowed in map(Requirement, [*project()["dependencies"], *(line for extra in extras for line in extra)]):
        (lowest,) = (each.version for each in listed[allowed.name].specifier if each.operator == ">=")
        assert allowed.extras == listed[allowed.name].extras
        assert allowed.specifier.contains(lowest), allowed
        assert {each for each in allowed.specifier if each.operator == "<"} == {
            each for each in listed[allowed.name].specifier if each.operator == "<"
        }


@pytest.mark.parametrize("site", PINS)
def test_the_pins_of_other_sites_need_not_change(site: str) -> None:
    extras = project()["optional-dependencies"]
    ours = [*project()["dependencies"], *extras["postgres"], *extras["openapi"]]
    allowed = {each.name: each.specifier for each in map(Requirement, ours)}
    for pinned in map(Requirement, PINS[site]):
        (pin,) = pinned.specifier
        assert allowed[pinned.name].contains(pin.version), (
            f"{site} pins {pinned}, and we ask for {pinned.name}{allowed[pinned.name]}"
        )
