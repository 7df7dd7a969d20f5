"""Migrations: complete, reversible, and without code of the apps except the field."""

from __future__ import annotations

import ast
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from secrets_app.master_keys import check_master_keys
from secrets_app.models import KeyCheckValue
from tests.cast import make_secret

ROOT = Path(__file__).resolve().parents[2]
OURS = ("projects", "secrets_app", "neo_signin")
FILES = sorted(
    file
    for package in ("projects", "secrets_app", "neo_site")
    for file in (ROOT / package).rglob("migrations/*.py")
    if file.name != "__init__.py"
)
ALLOWED = {"secrets_app.fields", "secrets_app.migrations._project"}
PACKAGES = {"projects", "secrets_app", "neo_site", "neo_base"}
CRYPTOGRAPHY = {"cryptography", "django_cryptography", "hashlib", "hmac", "secrets", "jwt"}


def imported(file: Path) -> set[str]:
    """Return the modules that a file imports, also inside of functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=module):
                found.add(module or ".")
    return found


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_models_and_the_migrations_agree(db: None, settings: Any, language: str) -> None:
    settings.LANGUAGE_CODE = language
    output = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=output)
    assert "No changes detected" in output.getvalue()


def test_each_app_has_migrations() -> None:
    assert set(OURS) <= {label for label, _ in MigrationLoader(None).disk_migrations}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_a_migration_imports_no_app_code_but_the_field(file: Path) -> None:
    modules = imported(file)
    assert {module for module in modules if module.split(".")[0] in PACKAGES} <= ALLOWED
    assert not {module for module in modules if module.split(".")[0] in CRYPTOGRAPHY}


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if not file.stem.startswith("_")],
    ids=lambda file: f"{file.parts[-3]}-{file.stem}",
)
def test_a_migration_is_named_by_hand(file: Path) -> None:
    assert "auto" not in file.stem
    assert file.stem[:4].isdigit()


@pytest.mark.parametrize("label", OURS)
def test_every_migration_is_reversible(label: str) -> None:
    migrations = MigrationLoader(None).disk_migrations
    operations = [
        operation for (app, _), migration in migrations.items() if app == label for operation in migration.operations
    ]
    assert operations
    assert all(operation.reversible for operation in operations)


@pytest.mark.django_db(transaction=True)
def test_migrations_run_backwards_and_forwards() -> None:
    try:
        call_command("migrate", "secrets_app", "zero", verbosity=0)
        assert not [name for name in connection.introspection.table_names() if name.startswith("secrets_app_")]
    finally:
        call_command("migrate", verbosity=0)
    assert "secrets_app_secret" in connection.introspection.table_names()


@pytest.mark.nightly
@pytest.mark.django_db(transaction=True)
def test_key_check_values_keep_their_bytes_and_permissions(member: Any) -> None:
    make_secret(member)
    before = [(row.master_key_id, bytes(row.check_value)) for row in KeyCheckValue.objects.all()]
    try:
        call_command("migrate", "secrets_app", "0008", verbosity=0)
        member.user_permissions.add(Permission.objects.get(codename="view_keycanary"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT canary FROM secrets_app_keycanary")
            assert [bytes(value) for (value,) in cursor.fetchall()] == [value for _, value in before]
    finally:
        call_command("migrate", verbosity=0)
    assert [(row.master_key_id, bytes(row.check_value)) for row in KeyCheckValue.objects.all()] == before
    check_master_keys()
    assert type(member).objects.get(pk=member.pk).has_perm("secrets_app.view_keycheckvalue")
    assert not Permission.objects.filter(codename__endswith="keycanary").exists()
