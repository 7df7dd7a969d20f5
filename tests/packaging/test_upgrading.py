"""A site that was filled with the release before, in an environment of its own, gets today's wheels."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import ROOT, Distributions, build
from tests.packaging.environment import Environment, beside_this_one, example, install

pytestmark = pytest.mark.once

BEFORE, FIRST_FILE = "0.1.0", "secrets_app/models/project.py"
"""The release before, and the file that the first commit of this one added."""

FILL = """
import json, minimal
from django.contrib.auth import get_user_model
from django.core.management import call_command
from projects.models import Membership, Project
from secrets_app.models import AuditEvent
from secrets_app.python_api import secrets_for, service_token_for

call_command("migrate", verbosity=0)
user = get_user_model().objects.create_superuser("owner", "owner@example.com")
project = Project.objects.create(name="Alpha")
Membership.objects.create(project=project, user=user, role="admin")
mine, theirs = secrets_for(user), secrets_for(user, project=project)
mine.create("TOKEN", "first value 0123456789", default_available=True)
mine.update("TOKEN", value="second value 0123456789")
theirs.create("DEPLOY_KEY", "deploy value 0123456789", description="For the build", default_available=True)
used = theirs.environment().reveal()
call_command("audit", "chain", verbosity=0)
print(json.dumps({
    "project": str(project.pk),
    "secrets": [[str(each.id), each.name, each.masked_value, each.version] for each in mine.list() + theirs.list()],
    "token": service_token_for(user, name="build", scopes=["secrets:read", "runtime:use"]).text,
    "grants": [each.grant(ttl=3600).text for each in (mine, theirs)],
    "used": used,
    "events": [[row.event, str(row.subject_id)] for row in AuditEvent.objects.order_by("pk")],
}))
"""
LOOK = """
import json, sys, minimal
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from secrets_app import __version__
from secrets_app.audit.verification import verify
from secrets_app.models import AuditEvent
from secrets_app.python_api import secrets_for

old = json.loads(sys.argv[1])
call_command("migrate", verbosity=0)
call_command("check", fail_level="WARNING", stdout=sys.stderr)
call_command("audit", "chain", verbosity=0)
user = get_user_model().objects.get()
browser = Client(headers={"Host": "127.0.0.1"})

def asked(path, token, method="POST"):
    answer = browser.generic(method, f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    return answer.json()

both = secrets_for(user).list() + secrets_for(user, project=old["project"]).list()
environments = [asked("runtime/environment", token)["environment"] for token in old["grants"]]
print(json.dumps({
    "version": __version__,
    "project": old["project"],
    "secrets": [[str(each.id), each.name, each.masked_value, each.version] for each in both],
    "listed": [each["name"] for each in asked("secrets", old["token"], "GET")["results"]],
    "environments": environments,
    "events": [[row.event, str(row.subject_id)] for row in AuditEvent.objects.order_by("pk")][: len(old["events"])],
    "is_clean": verify().is_clean,
}))
"""


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def release_before() -> str:
    """Return the last commit of the release before: that before the first commit of this one.

    Skip the test where the history is not there, as in an archive or a clone without it.
    """
    try:
        first = git("log", "--diff-filter=A", "--format=%H", "--", FIRST_FILE).split()[-1].decode()
        git("cat-file", "-e", f"{first}~1")
    except (OSError, IndexError, subprocess.CalledProcessError):
        pytest.skip("There is no git history from which the release before could be built.")
    return f"{first}~1"


@pytest.fixture(scope="module")
def former_wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheels of the release before, built from the history as `make wheel` built them."""
    commit, source = release_before(), tmp_path_factory.mktemp("former")
    subprocess.run(["tar", "-xf", "-", "-C", source], input=git("archive", commit), check=True)
    for folder in (source, source / "packages" / "neo-secrets-projects"):
        build(folder, source / "dist")
    wheels = sorted((source / "dist").glob("*.whl"))
    assert [wheel.name.split("-")[1] for wheel in wheels] == [BEFORE, BEFORE]
    return wheels


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return example("minimal", tmp_path)


@pytest.fixture
def environment(former_wheels: list[Path], tmp_path: Path) -> Environment:
    return beside_this_one(tmp_path / "venv", *former_wheels)


def answers(environment: Environment, code: str, site: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(environment.run("-c", code, *arguments, folder=site).splitlines()[-1])
    return found


def test_everything_is_as_it_was(environment: Environment, site: Path, distributions: Distributions) -> None:
    old = answers(environment, FILL, site)
    install(environment, distributions.wheel, distributions.projects_wheel)
    new = answers(environment, LOOK, site, json.dumps(old))
    assert new["version"] == distributions.wheel.name.split("-")[1] != BEFORE
    assert new["is_clean"]
    assert {key: new[key] for key in ("project", "secrets", "events")} == {
        key: old[key] for key in ("project", "secrets", "events")
    }
    assert [row[1:] for row in new["secrets"]] == [
        ["TOKEN", "sec••••••••6789", 2],
        ["DEPLOY_KEY", "dep••••••••6789", 1],
    ]
    assert new["listed"] == ["TOKEN"]
    assert new["environments"] == [
        {"TOKEN": "second value 0123456789"},
        {"DEPLOY_KEY": "deploy value 0123456789", "TOKEN": "second value 0123456789"},
    ]
    assert old["used"] == new["environments"][1]
