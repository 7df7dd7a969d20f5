"""`manage.py backup`: whole or not at all, private, and without keys; `doctor` knows its age."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Never

import pytest
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from neo_site.backups import making
from neo_site.backups.manifest import BackupUnusable, checksum
from neo_site.doctor import backups
from neo_site.doctor.findings import Grade
from secrets_app.audit.chaining import writable_events
from secrets_app.models import AuditEvent, KeyCheckValue
from tests.cast import CANARY, make_secret
from tests.neo_site.backups.conftest import VALUES


def test_it_holds_a_copy_and_its_manifest_for_its_owner_alone(backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    assert {path.name for path in backup.iterdir()} == {"manifest.json", manifest["file"]}
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (backup, *backup.iterdir())} == {0}
    assert manifest["sha256"] == checksum(backup / manifest["file"])
    (needed,) = KeyCheckValue.objects.all()
    contents = manifest["contents"]
    assert contents["master_keys"] == {needed.pk: bytes(needed.check_value).hex()}
    assert contents["rows"]["secrets_app_secret"] == len(VALUES)
    assert "0001_epoch" in contents["migrations"]["neo_backups"]


def test_it_holds_no_key_and_no_value(backup: Path) -> None:
    held = b"".join(path.read_bytes() for path in backup.iterdir())
    keys = [Path(str(site_settings.SECRETS_APP["KEY_FILE"])).with_name(name) for name in ("master.keys", "django.key")]
    secrets = [path.read_text().strip().rpartition(":")[2] for path in keys]
    assert [text for text in (*secrets, *VALUES.values()) if text.encode() in held] == []


def test_it_is_recorded_with_its_size(backup: Path) -> None:
    (event,) = AuditEvent.objects.filter(event="backup.created")
    assert event.data == {"size": json.loads((backup / "manifest.json").read_text())["size"]}
    assert event.credential_id == "backup"


def test_a_place_that_is_taken_is_left_alone(backup: Path) -> None:
    before = {path.name: path.read_bytes() for path in backup.iterdir()}
    with pytest.raises(CommandError, match="exists already and was not changed"):
        call_command("backup", str(backup))
    assert {path.name: path.read_bytes() for path in backup.iterdir()} == before


def test_one_that_fails_leaves_nothing(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> Never:
        raise BackupUnusable("The disk is full.")

    monkeypatch.setattr(making, "checksum", fail)
    before = AuditEvent.objects.count()
    with pytest.raises(CommandError, match="The disk is full"):
        call_command("backup", str(tmp_path / "second"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup"]
    assert AuditEvent.objects.count() == before


@pytest.mark.django_db
def test_doctor_warns_where_there_is_no_backup(member: Any) -> None:
    make_secret(member, value=CANARY)
    (found,) = backups.age()
    assert found.grade is Grade.WARNING
    assert "none was ever made" in found.says
    assert "manage.py backup" in found.says


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "grade", "says"), [(3, Grade.OK, "3 hours ago"), (72, Grade.WARNING, "3 days ago")])
def test_doctor_knows_the_age_of_a_backup_by_other_software(hours: int, grade: Grade, says: str) -> None:
    call_command("backup", "--made-elsewhere", stdout=StringIO())
    writable_events().update(at=timezone.now() - timedelta(hours=hours))
    (found,) = backups.age()
    assert found.grade is grade
    assert says in found.says
