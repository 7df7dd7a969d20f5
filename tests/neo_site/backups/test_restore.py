"""`manage.py restore`: everything is back but the credentials; what cannot be restored is refused before it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from neo_base import progress
from neo_base.progress import Show
from neo_site.backups import epoch, manifest, postgresql
from neo_site.backups.engines import engine, tables
from neo_site.backups.management.commands import restore
from neo_site.doctor import backups
from neo_site.revocation import living_credentials
from secrets_app import vault
from secrets_app.crypto import generate_key_line
from secrets_app.models import AuditEvent, Secret
from tests.neo_site.backups.conftest import VALUES
from tests.secrets_app.conftest import forget_keys
from tests.upgrades.frozen import separate_database

Alter = Callable[[dict[str, Any]], object]


def test_values_are_back_and_credentials_are_revoked(restored: list[str]) -> None:
    assert {secret.name: vault.open_value(secret).reveal() for secret in Secret.objects.all()} == VALUES
    assert set(living_credentials().values()) == {0}
    recorded = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"sessions.revoked", "token.revoked", "database.adopted"} <= recorded
    (adopted,) = AuditEvent.objects.filter(event="database.adopted")
    assert adopted.data["revoked"] is True
    assert restored[-1].startswith("Restored the backup of ")
    assert "Opened: one value of 1 data keys, of 1 that seal something." in restored


def test_the_restored_database_is_an_original(restored: list[str]) -> None:
    epoch.require_original()
    (found,) = backups.copies()
    assert found.grade.value == "ok"


def test_the_restored_audit_log_is_whole(restored: list[str]) -> None:
    call_command("audit", "chain", stdout=StringIO())
    output = StringIO()
    call_command("audit", "verify", stdout=output)
    assert "Unaltered: yes" in output.getvalue()


def test_a_check_says_what_would_happen_and_writes_nothing(backup: Path, empty_database: None) -> None:
    output = StringIO()
    call_command("restore", str(backup), "--check", stdout=output)
    assert "can be restored here. Nothing was written." in output.getvalue()
    assert tables() == []


def test_it_is_said_how_much_was_copied_loaded_and_revoked(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    for module in (manifest, postgresql, restore):
        monkeypatch.setattr(module, "MB", 1)
    size = json.loads((backup / "manifest.json").read_text())["size"]
    copying, loading = StringIO(), StringIO()
    call_command("backup", str(tmp_path / "second"), stdout=StringIO(), stderr=copying)
    with separate_database():
        call_command("restore", str(backup), stdout=StringIO(), stderr=loading)
    copied = (tmp_path / "second" / engine().FILE).stat().st_size
    assert copying.getvalue().splitlines()[-1] == f"{copied} MB"
    assert loading.getvalue().splitlines()[-2:] == [f"{size} of {size} MB", "1 credentials"]


def test_a_value_that_does_not_open_is_named_by_its_owner(backup: Path, empty_database: None) -> None:
    restoring_load = engine().load

    def damage(path: Path, progress: Show) -> None:
        restoring_load(path, progress)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE secrets_app_secret SET value = mask")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine(), "load", damage)
        with pytest.raises(CommandError, match=r"owners do not open: user:\d+") as refusal:
            call_command("restore", str(backup), stdout=StringIO())
    assert refusal.value.returncode == 2
    epoch.require_original()


def rewrite(backup: Path, alter: Alter) -> None:
    path = backup / "manifest.json"
    manifest = json.loads(path.read_text())
    alter(manifest)
    path.write_text(json.dumps(manifest))


def refusal_of(backup: Path) -> str:
    """Why the backup is not restored; nothing was written."""
    with pytest.raises(CommandError) as refusal:
        call_command("restore", str(backup), stdout=StringIO())
    assert tables() == []
    return str(refusal.value)


@pytest.fixture
def keys(settings: Any, tmp_path: Path) -> Callable[[str], None]:
    """`keys(text)`: a process that has just started with this key file; without text, with none."""

    def use(text: str) -> None:
        path = tmp_path / "other.keys"
        path.write_text(text)
        path.chmod(0o600)
        settings.SECRETS_APP = settings.SECRETS_APP | {"KEY_FILE": str(path) if text else ""}
        forget_keys()

    return use


@pytest.fixture
def _own_keys_afterwards() -> Any:
    yield
    forget_keys()


@pytest.mark.usefixtures("_own_keys_afterwards")
def test_keys_that_are_not_the_right_ones_are_refused(
    backup: Path, empty_database: None, keys: Callable[[str], None]
) -> None:
    (needed,) = json.loads((backup / "manifest.json").read_text())["contents"]["master_keys"]
    keys(generate_key_line("older"))
    assert f"Master key '{needed}' is needed and not in the keyring" in refusal_of(backup)
    keys(generate_key_line(needed))
    assert f"Master key '{needed}' is not the key that was used under this id before" in refusal_of(backup)
    keys("")
    assert "No master keys" in refusal_of(backup)


ALTERED: dict[str, tuple[Alter, str]] = {
    "engine": (lambda held: held.update(engine="oracle"), "The backup is of oracle"),
    "checksum": (lambda held: held.update(sha256="0" * 64), "was cut off or changed"),
    "file": (lambda held: held.update(file="lost"), "cannot be read"),
    "elsewhere": (lambda held: held.update(file="../lost"), "is no manifest of a backup"),
    "later form": (lambda held: held.update(version=2), "one of a later release"),
    "later release": (
        lambda held: held["contents"]["migrations"]["projects"].append("9999_later"),
        "does not know its migrations projects.9999_later",
    ),
    "no check value": (lambda held: held["contents"].update(master_keys={"a": 1}), "is no manifest of a backup"),
}


@pytest.mark.parametrize(("alter", "says"), ALTERED.values(), ids=ALTERED)
def test_a_backup_that_is_not_whole_is_refused(backup: Path, empty_database: None, alter: Alter, says: str) -> None:
    rewrite(backup, alter)
    assert says in refusal_of(backup)


def test_a_copy_that_was_cut_off_is_refused(backup: Path, empty_database: None) -> None:
    file = backup / json.loads((backup / "manifest.json").read_text())["file"]
    file.write_bytes(file.read_bytes()[:-1])
    assert "was cut off or changed" in refusal_of(backup)


def test_something_else_than_a_backup_is_refused(backup: Path, empty_database: None, tmp_path: Path) -> None:
    assert "Name the directory of a backup." in refusal_of(tmp_path / "nowhere")


def test_a_database_with_tables_is_refused(backup: Path) -> None:
    with pytest.raises(CommandError, match="The database is not empty: it has"):
        call_command("restore", str(backup), stdout=StringIO())
    assert Secret.objects.count() == len(VALUES)


def test_a_copy_that_lost_rows_does_not_come_into_service(backup: Path, empty_database: None) -> None:
    rewrite(backup, lambda held: held["contents"]["rows"].update(secrets_app_secret=99))
    with pytest.raises(CommandError, match="rows are missing in secrets_app_secret"):
        call_command("restore", str(backup), stdout=StringIO())
    assert epoch.is_copy()
