"""The wheels, plugged into sites that nobody here wrote, with the versions that the index has today.

`wagtail start` makes one. The other is written as cookiecutter-django makes it, which is not on the index: users with
an e-mail address and no other name, allauth, and Django REST framework with defaults of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import call_command

from tests.packaging.conftest import ROOT, Distributions
from tests.packaging.environment import Environment, beside_this_one, copied, new_database

pytestmark = pytest.mark.once

PAGE = ROOT / "docs" / "plugging-in.md"
SITES = ROOT / "tests" / "packaging" / "sites"
BOX_SECONDS = 120
"""How long an index may take. Behind that, as without one, the tests are skipped."""
RUNNER = ["pytest", "pytest-django"]
CREW = [
    "django-allauth[mfa]",
    "djangorestframework",
    "drf-spectacular",
    "django-cors-headers",
    "django-environ",
    "argon2-cffi",
]


# In a file, so that the second run migrates what is new, and not everything of the site again.
TEST_DATABASE = """
DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}
"""


class Site(NamedTuple):
    environment: Environment
    folder: Path
    settings: str
    urls: str
    tests: str
    """The site's own tests."""

    def passed(self, *tests: str) -> int:
        """Run tests in the database of the last run, migrated; return how many passed, and fail if any does not."""
        settings = re.search(r'"DJANGO_SETTINGS_MODULE", "([\w.]+)"', (self.folder / "manage.py").read_text())
        assert settings is not None
        printed = self.environment.run(
            "-m", "pytest", "-q", "--reuse-db", "--ds", settings[1], *tests, folder=self.folder
        )
        (number,) = re.findall(r"^(\d+) passed(?:, \d+ warnings?)? in", printed, re.MULTILINE)
        return int(number)


def installed(environment: Environment, *packages: str) -> subprocess.CompletedProcess[str]:
    """Install packages from the index; skip the test if there is none."""
    command = [sys.executable, "-m", "uv", "--quiet", "pip", "install", "--python", str(environment.python), *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BOX_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"The package index took longer than {BOX_SECONDS} s, so no site of others was made.")
    if "Request failed" in done.stderr or "client error" in done.stderr or "not found in the package" in done.stderr:
        pytest.skip("There is no package index, so no site of others was made.")
    return done


def plain_environment(folder: Path, *packages: str) -> Environment:
    made = Environment(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    done = installed(made, *packages)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def wagtail(tmp_path: Path) -> Site:
    environment = plain_environment(tmp_path / "venv", "wagtail", *RUNNER)
    (tmp_path / "site").mkdir()
    environment.run("-m", "wagtail.bin.wagtail", "start", "mysite", "site", folder=tmp_path)
    return Site(environment, tmp_path / "site", "mysite/settings/base.py", "mysite/urls.py", "home/tests.py")


@pytest.fixture
def crew(tmp_path: Path) -> Site:
    environment = plain_environment(tmp_path / "venv", *CREW, *RUNNER)
    folder = copied(SITES / "crew", tmp_path / "site")
    return Site(environment, folder, "config/settings.py", "config/urls.py", "users/tests.py")


def blocks() -> Mapping[str, str]:
    """Return what the page tells sites that exist to write, by the file that it is for."""
    section = PAGE.read_text(encoding="utf-8").partition("## Into a site that exists")[2].partition("\n## ")[0]
    found = [re.sub(r"^  ", "", block, flags=re.MULTILINE) for block in re.findall(r"  ```\n(.*?)  ```", section, re.S)]
    return {
        "settings": next(block for block in found if "INSTALLED_APPS" in block),
        "urls": next(block for block in found if "urlpatterns" in block),
    }


def plug_in(site: Site, distributions: Distributions) -> None:
    done = installed(site.environment, str(distributions.wheel), str(distributions.projects_wheel))
    assert done.returncode == 0, done.stderr
    with (site.folder / site.settings).open("a") as settings:
        settings.write(blocks()["settings"] + 'INSTALLED_APPS += ["neo_pages"]\n')
    with (site.folder / site.urls).open("a") as urls:
        urls.write(blocks()["urls"] + 'urlpatterns = [path("secrets/", include("neo_pages.urls")), *urlpatterns]\n')
    call_command("make_master_key", site.folder.parent / "master.keys", verbosity=0)


@pytest.mark.parametrize("name", [pytest.param("wagtail", marks=pytest.mark.nightly), "crew"])
def test_a_site_of_others_works_as_before_and_keeps_secrets(
    name: str, distributions: Distributions, request: pytest.FixtureRequest
) -> None:
    site: Site = request.getfixturevalue(name)
    with (site.folder / site.settings).open("a") as settings:
        settings.write(TEST_DATABASE)
    before = site.passed(site.tests)
    plug_in(site, distributions)
    pip_check = [sys.executable, "-m", "uv", "--quiet", "pip", "check", "--python", str(site.environment.python)]
    subprocess.run(pip_check, check=True, capture_output=True)
    copied(SITES / "test_plugged_in.py", site.folder / "test_plugged_in.py")
    of_ours = site.passed("-p", "secrets_app.testing.plugin", "test_plugged_in.py")
    assert of_ours > 35
    assert site.passed(site.tests) == before > 0


@pytest.mark.nightly
def test_tenants_with_schemas_of_their_own_reach_nothing_of_each_other(
    distributions: Distributions, tmp_path: Path
) -> None:
    environment = beside_this_one(tmp_path / "venv", distributions.wheel, distributions.projects_wheel)
    # Without what it needs: Django and psycopg are here already.
    done = installed(environment, "--no-deps", "django-tenants")
    assert done.returncode == 0, done.stderr
    folder = copied(SITES / "tenants", tmp_path / "site")
    call_command("make_master_key", folder / "master.keys", verbosity=0)
    found = json.loads(environment.run("isolation.py", folder=folder, **new_database()).splitlines()[-1])
    assert found == {
        name: {
            "listed": [200, ["TOKEN"]],
            "environment": {"TOKEN": f"value of the {name} 0123456789"},
            "with the other's": [401, 401],
            "rows": [1, True, 1],
        }
        for name in ("first", "second")
    } | {"public": []}
