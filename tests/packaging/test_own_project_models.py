"""The wheel of neo-secrets alone, in an empty environment: sites that have project models of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.packaging.conftest import Distributions
from tests.packaging.environment import Environment, beside_this_one, example, new_database

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def host(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel of neo-secrets, and of ours nothing else."""
    return beside_this_one(tmp_path_factory.mktemp("host") / "venv", distributions.wheel)


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.nightly), "postgresql"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    return {} if request.param == "sqlite" else new_database()


def test_no_package_projects_is_installed(host: Environment) -> None:
    assert {path.name for path in host.packages.iterdir()} & {"projects", "neo_base", "neo_cli", "secrets_app"} == {
        "neo_base",
        "neo_cli",
        "secrets_app",
    }


@pytest.fixture
def studio(host: Environment, tmp_path: Path) -> Path:
    return example("own_projects", tmp_path)


# Beside the tests of a site, in their process and database: to start and to migrate costs more than all of this.
COMMANDS = """
import os

import pytest
from django.apps import apps
from django.core.management import call_command


@pytest.fixture
def said(db, capsys):
    call_command("check", fail_level="WARNING")
    call_command("makemigrations", check_changes=True, dry_run=True)
    call_command("showmigrations")
    call_command("permissions")
    if apps.is_installed("drf_spectacular"):
        call_command("spectacular", validate=True, file=os.devnull)
    return capsys.readouterr().out


def test_the_site_is_complete(said):
    assert "no issues (0 silenced)" in said
    assert "[X] 0001_secrets" in said
    assert "project.view" not in said
    assert "0002_invitations" not in said
"""


def conforms(host: Environment, folder: Path, **variables: str) -> None:
    """Run the tests of a site, and the commands of Django beside them; fail if one fails."""
    (folder / "test_commands.py").write_text(COMMANDS)
    printed = host.run("-m", "pytest", "-q", folder=folder, **variables)
    assert re.search(r"^[1-9]\d+ passed in", printed, re.MULTILINE), printed
    assert "test_commands.py" not in printed


def test_a_site_with_a_package_projects_of_its_own_conforms(host: Environment, studio: Path) -> None:
    conforms(host, studio)


def test_an_own_package_projects_without_policy_is_an_error(host: Environment, studio: Path) -> None:
    settings = studio / "studio" / "settings.py"
    settings.write_text(re.sub(r', "MEMBERSHIP_POLICY": "[\w.]+"', "", settings.read_text()))
    checked = host.attempt("manage.py", "check", folder=studio)
    assert checked.returncode == 1
    assert set(re.findall(r"\(\w+\.[EW]\d+\)", checked.stderr)) == {"(secrets_app.E015)"}


START = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "office.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""


def test_a_site_with_its_own_users_and_projects_conforms(host: Environment, tmp_path: Path) -> None:
    # On PostgreSQL; the site above conforms on SQLite.
    conforms(host, example("full", tmp_path), **new_database())


def test_a_site_with_integer_keys_conforms_by_another_column(host: Environment, tmp_path: Path) -> None:
    assert " passed" in host.run("-m", "pytest", "-q", folder=example("integer_keys", tmp_path), **new_database())


@pytest.mark.nightly
def test_a_site_with_integer_keys_conforms_by_mirrors(host: Environment, tmp_path: Path) -> None:
    mirrored = ["--ds", "club.settings_mirrored", "test_mirrored.py"]
    assert " passed" in host.run("-m", "pytest", "-q", *mirrored, folder=example("integer_keys", tmp_path))


TAKE_OUT = """
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import modify_settings
from accounts.models import Person
from workspaces.models import Seat, Workspace
from secrets_app.python_api import secrets_for

person, workspace = Person.objects.create_user("editor@example.com"), Workspace.objects.create(title="Alpha")
Seat.objects.create(workspace=workspace, person=person, level="editor")
for secrets in (secrets_for(person), secrets_for(person, project=workspace)):
    secrets.create("TOKEN", "to be gone 0123456789", default_available=True)
    secrets.update("TOKEN", value="to be gone too 0123456789")
    secrets.grant()

def tables():
    return set(connection.introspection.table_names())

def content():
    # What every migration of any app writes is not the site's own.
    own = sorted(name for name in tables() if not name.startswith(("secrets_app_", "django_", "auth_permission")))
    with connection.cursor() as cursor:
        for name in own:
            columns = connection.introspection.get_table_description(cursor, name)
            cursor.execute(f"SELECT * FROM {name}")
            yield name, str(columns), sorted(map(str, cursor.fetchall()))

def ours():
    return [name for name in tables() if name.startswith("secrets_app_")]

before = list(content())
assert ours() and "editor@example.com" in str(before)
call_command("migrate", "secrets_app", "zero", verbosity=0)
assert not ours() and list(content()) == before
# What Django keeps about models is left until the app is out of the settings.
left = ContentType.objects.filter(app_label="secrets_app")
assert left and Permission.objects.filter(content_type__in=left)
with modify_settings(INSTALLED_APPS={"remove": ["secrets_app", "neo_pages"]}):
    call_command("remove_stale_contenttypes", include_stale_apps=True, interactive=False, verbosity=0)
assert not left.all()
print("left as they are:", len(before))
"""


def test_taking_it_out_leaves_the_tables_of_the_site_as_they_are(
    database: dict[str, str], host: Environment, tmp_path: Path
) -> None:
    folder = example("full", tmp_path)
    printed = host.run("-c", START + TAKE_OUT, folder=folder, **database)
    assert re.search(r"left as they are: [1-9]", printed)
