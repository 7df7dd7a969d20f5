"""What our first migration waits for in the app of a host's project model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from secrets_app.migrations._project import project_dependency

TEAM = 'CreateModel("Team", [("id", models.BigAutoField(primary_key=True))])'
CODE = 'models.UUIDField("code"{})'
WITH_CODE = f'CreateModel("Team", [("code", {CODE.format(", unique=True")})])'
WITH_SHARED_CODE = f'CreateModel("Team", [("code", {CODE.format("")})])'
ADDED = f'AddField("team", "code", {CODE.format(", null=True")})'
ADDED_UNIQUE = f'AddField("Team", "code", {CODE.format(", unique=True")})'
TIGHTENED = f'AlterField("team", "code", {CODE.format(", unique=True")})'
FOR_ANOTHER = f'AddField("group", "code", {CODE.format(", unique=True")})'

MODULE = """
from django.db import migrations, models
from django.db.migrations.operations import *
class Migration(migrations.Migration):
    operations = [{}]
"""


@pytest.fixture
def host(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes these migrations those of an app that is installed, in a package of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(*operations: str) -> None:
        package = tmp_path / tmp_path.name.replace("-", "_")
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "_helper.py").write_text("raise AssertionError")
        for number, operation in enumerate(operations):
            (package / f"m{number}.py").write_text(MODULE.format(operation))
        settings.MIGRATION_MODULES = {"auth": package.name}

    return install


@pytest.mark.parametrize(
    ("field", "operations", "awaited"),
    [
        (None, [TEAM], "m0"),
        (None, ['CreateModel("Group", [])', 'RenameModel("Group", "Team")'], "m1"),
        ("code", [WITH_CODE], "m0"),
        ("code", [TEAM, ADDED_UNIQUE, 'RemoveField("group", "code")'], "m1"),
        ("code", [TEAM, ADDED, "RunPython(print)", TIGHTENED, TIGHTENED], "m3"),
        ("code", [WITH_SHARED_CODE, FOR_ANOTHER, TIGHTENED], "m2"),
        ("code", [TEAM, 'RenameField("team", "key", "code")'], "m1"),
    ],
)
def test_it_waits_for_the_first_migration_with_all_that_it_needs(
    field: str | None, operations: list[str], awaited: str, host: Any
) -> None:
    host(*operations)
    assert project_dependency("auth.Team", field) == [("auth", awaited)]


@pytest.mark.parametrize("model", ["auth.Nothing", "nowhere.Team", "Team"])
def test_it_waits_for_nothing_where_no_migration_makes_the_model(model: str, host: Any) -> None:
    host(TEAM)
    assert project_dependency(model, None) == []


def test_an_app_without_migrations_is_waited_for_in_vain(settings: Any) -> None:
    settings.MIGRATION_MODULES = {"auth": None, "sites": "no.such.package"}
    assert project_dependency("auth.Team", None) == project_dependency("sites.Team", None) == []
