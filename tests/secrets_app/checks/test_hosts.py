"""The system checks in sites with a project model of their own. Each site runs in its own process.

The package `projects` of this repository can be imported there, as in a site that has installed it without using it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.live import forks
from tests.packaging.environment import clean_environment

pytestmark = pytest.mark.once

UUID_KEY = "models.UUIDField(primary_key=True, default=uuid.uuid4)"
INTEGER_KEY = "models.BigAutoField(primary_key=True)"

POLICY = """
class Policy:
    def role(self, user, project_id): return None
    def project_ids(self, user): return []
"""
WITH_POLICY = {"MEMBERSHIP_POLICY": "policy.Policy"}

CHECK = """
from django.conf import settings
settings.configure(
    SECRET_KEY="of a test",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *{apps!r}, "secrets_app"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    SECRETS_APP_PROJECT_MODEL={model!r},
    SECRETS_APP_PROJECT_FIELD={field!r},
    SECRETS_APP={{"KEY_FILE": "master.keys", **{ours!r}}},
    REST_FRAMEWORK={{
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
        "UNAUTHENTICATED_USER": None,
    }},
)
import django
django.setup()
from django.core.management import call_command
call_command("make_master_key", "master.keys")
call_command("check")
"""


def app(folder: Path, name: str, label: str, key: str, model: str = "Project", column: str = "") -> None:
    """Write an app with one model and an empty first migration, like an app that exists already."""
    package = folder.joinpath(*name.split("."))
    (package / "migrations").mkdir(parents=True)
    for each in (package.parent if "." in name else package, package, package / "migrations"):
        (each / "__init__.py").touch()
    config = f"from django.apps import AppConfig\nclass HostConfig(AppConfig):\n    name, label = {name!r}, {label!r}\n"
    (package / "apps.py").write_text(config)
    columns = f"import uuid\nfrom django.db import models\nclass {model}(models.Model):\n    id = {key}\n    {column}\n"
    (package / "models.py").write_text(columns)


def said(
    folder: Path, apps: list[str], ours: dict[str, str], model: str = "projects.Project", field: str | None = None
) -> set[str]:
    """Return the ids of the messages of `check` in such a site; fail if it ends with any other error."""
    (folder / "policy.py").write_text(POLICY)
    code = CHECK.format(apps=apps, ours=ours, model=model, field=field)
    done = forks.run(("-c", code), clean_environment(), folder)
    ids = set(re.findall(r"\((\w+\.[EW]\d+)\)", done.stdout + done.stderr))
    assert (done.returncode == 0, "no issues" in done.stdout + done.stderr) == (not ids, not ids), done.stderr
    assert done.returncode == 0 or "SystemCheckError" in done.stderr, done.stderr
    return ids


@pytest.mark.parametrize("name", ["apps.projects", "projects"])
def test_an_app_of_the_host_with_our_label_fits(name: str, tmp_path: Path) -> None:
    app(tmp_path, name, "projects", UUID_KEY)
    assert said(tmp_path, [name], WITH_POLICY) == set()


def test_our_label_on_an_app_of_the_host_brings_no_policy(tmp_path: Path) -> None:
    app(tmp_path, "apps.projects", "projects", UUID_KEY)
    assert said(tmp_path, ["apps.projects"], {}) == {"secrets_app.E015"}


def test_a_project_model_with_an_integer_key_is_refused(tmp_path: Path) -> None:
    app(tmp_path, "apps.projects", "projects", INTEGER_KEY)
    assert said(tmp_path, ["apps.projects"], WITH_POLICY) == {"secrets_app.E012"}


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("code = models.UUIDField(default=uuid.uuid4, unique=True)", set()),
        ("code = models.UUIDField(default=uuid.uuid4)", {"secrets_app.E012", "fields.E311"}),
        ("code = models.UUIDField(unique=True, null=True)", {"secrets_app.E012"}),
        ("code = models.CharField(max_length=36, unique=True)", {"secrets_app.E012"}),
        ("uuid = models.UUIDField(default=uuid.uuid4, unique=True)", {"secrets_app.E012", "fields.E312"}),
    ],
)
def test_beside_an_integer_key_the_field_has_to_be_a_unique_uuid(column: str, found: set[str], tmp_path: Path) -> None:
    app(tmp_path, "teams", "teams", INTEGER_KEY, "Team", column)
    assert said(tmp_path, ["teams"], WITH_POLICY, "teams.Team", "code") == found


def test_the_primary_key_is_not_to_be_named(tmp_path: Path) -> None:
    app(tmp_path, "teams", "teams", UUID_KEY, "Team")
    assert said(tmp_path, ["teams"], WITH_POLICY, "teams.Team", "id") == {"secrets_app.E025"}


def test_projects_installed_beside_another_model_is_refused(tmp_path: Path) -> None:
    app(tmp_path, "workspaces", "workspaces", UUID_KEY, "Workspace")
    found = said(tmp_path, ["workspaces", "projects"], WITH_POLICY, "workspaces.Workspace")
    # Django adds that memberships of `projects` now point at a model that has been swapped out.
    assert found == {"secrets_app.E014", "fields.E301"}


def test_projects_under_another_label_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tenancy.py").write_text(
        "from projects.apps import ProjectsConfig\nclass TenancyConfig(ProjectsConfig):\n    label = 'tenancy'\n"
    )
    found = said(tmp_path, ["tenancy.TenancyConfig"], {}, "tenancy.Project")
    assert found == {"neo_base.E004"}
