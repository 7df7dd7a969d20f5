"""`manage.py doctor`: each fault has its line, with what to do, and no line holds a secret."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Never

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from neo_site import health
from neo_site.backups.models import Epoch
from neo_site.doctor import audit, findings, stores
from neo_site.doctor import settings as doctor_settings
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.audit.partitions import drop, partition
from secrets_app.crypto import KeyringError
from secrets_app.models import AuditBlock
from tests.cast import make_secret

Examined = Callable[[], tuple[int, str]]
WELL = ("database", "migrations", "keys", "factors", "audit", "clock")
PASSWORD = "hunter2-in-an-address"
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions.")


def fail(*_: Any, **__: Any) -> Never:
    raise OperationalError(PASSWORD)


@pytest.fixture
def examined(db: None) -> Examined:
    """Run the command; return its exit status and what it prints."""
    # Tests that commit empty all tables afterwards, this one too, of which a site without a row would be a copy.
    Epoch.objects.get_or_create()

    def examine() -> tuple[int, str]:
        output = StringIO()
        try:
            call_command("doctor", stdout=output)
        except SystemExit as end:
            return int(str(end.code)), output.getvalue()
        return 0, output.getvalue()

    return examine


def lines(output: str, grade: str, subject: str) -> list[str]:
    return [line for line in output.splitlines() if line.split()[:2] == [grade, subject]]


def test_a_healthy_site_has_no_error(examined: Examined, member: Any) -> None:
    make_secret(member)
    code, output = examined()
    assert code == 0, output
    assert [subject for subject in WELL if not lines(output, "ok", subject)] == []
    assert {line.split()[0] for line in output.splitlines()} <= {"ok", "warning"}


def test_missing_migrations_are_named(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "unapplied_migrations", lambda: frozenset({("secrets_app", "0099_later")}))
    code, output = examined()
    assert code == 1
    (line,) = lines(output, "error", "migrations")
    assert "secrets_app.0099_later" in line
    assert "manage.py migrate" in line


def test_a_missing_key_is_named(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Never:
        raise KeyringError("Master key '2020-01-01' is needed and not there.")

    monkeypatch.setattr(doctor_settings, "check_master_keys", missing)
    code, output = examined()
    assert code == 1
    assert "2020-01-01" in lines(output, "error", "keys")[0]


def test_a_silent_database_is_an_error_without_its_address(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        vendor = "postgresql"
        cursor = staticmethod(fail)

    monkeypatch.setattr(stores, "connection", Silent())
    code, output = examined()
    assert code == 1
    assert lines(output, "error", "database")
    assert PASSWORD not in output


HOUR = timedelta(hours=1)


def test_new_events_without_a_block_are_ok(member: Any) -> None:
    make_secret(member)
    (found,) = audit.chain()
    assert found.grade is findings.Grade.OK
    assert "no block was ever made" in found.says


def test_events_that_wait_long_for_the_chain_are_a_warning(member: Any) -> None:
    make_secret(member)
    writable_events().update(at=timezone.now() - 3 * HOUR)
    (found,) = audit.chain()
    assert found.grade is findings.Grade.WARNING
    assert "3 hours ago is not in the chain yet, and no block was ever made" in found.says
    assert "audit chain" in found.says


def test_an_old_block_is_ok_while_no_event_waits(member: Any) -> None:
    make_secret(member)
    chain_events()
    writable_events().update(at=timezone.now() - 3 * HOUR)
    AuditBlock.objects.update(chained_at=timezone.now() - 2 * HOUR)
    (found,) = audit.chain()
    assert found.grade is findings.Grade.OK
    assert "the last block was made 2 hours ago" in found.says


def test_events_after_the_last_block_are_a_warning(member: Any) -> None:
    make_secret(member)
    chain_events()
    AuditBlock.objects.update(chained_at=timezone.now() - 2 * HOUR)
    make_secret(member, name="LATER")
    writable_events().filter(block=None).update(at=timezone.now() - HOUR)
    (found,) = audit.chain()
    assert found.grade is findings.Grade.WARNING
    assert "1 hour ago is not in the chain yet, and the last block was made 2 hours ago" in found.says


@on_postgresql
def test_partitions_of_the_audit_log_that_run_out_are_a_warning(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(audit.months()) == []
    partition()
    (found,) = audit.months()
    assert (found.grade, "until" in found.says) == (findings.Grade.OK, True)
    later = timezone.now() + timedelta(days=300)
    monkeypatch.setattr(timezone, "now", lambda: later)
    (found,) = audit.months()
    assert found.grade is findings.Grade.WARNING
    assert "none for events after" in found.says
    assert "audit partition each month" in found.says


@on_postgresql
def test_a_log_whose_partitions_are_all_dropped_is_a_warning(db: None) -> None:
    for made in partition():
        drop(made)
    (found,) = audit.months()
    assert (found.grade, "none is left" in found.says) == (findings.Grade.WARNING, True)


def test_a_clock_that_is_off_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cursor:
        def __enter__(self) -> Cursor:
            return self

        def __exit__(self, *_: object) -> None: ...

        def execute(self, _: str) -> None: ...

        def fetchone(self) -> tuple[float]:
            return (0.0,)

    class Elsewhere:
        vendor = "postgresql"
        cursor = Cursor

    monkeypatch.setattr(stores, "connection", Elsewhere())
    (found,) = stores.clock()
    assert found.grade is findings.Grade.ERROR
    assert "NTP" in found.says


def test_a_cache_that_does_not_answer_is_an_error(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "set", fail)
    code, output = examined()
    assert code == 1
    assert "CACHE_URL" in lines(output, "error", "cache")[0]
    assert PASSWORD not in output


@pytest.fixture
def loose_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "django.key"
    path.write_text("a key that nobody may see")
    path.chmod(0o644)
    monkeypatch.setitem(os.environ, "NEO_SECRET_KEY_FILE", str(path))
    return path


def test_a_file_that_others_can_read_is_a_warning(examined: Examined, loose_key: Path) -> None:
    _, output = examined()
    assert f"{loose_key} can be used by others than its owner" in lines(output, "warning", "files")[0]
    assert loose_key.read_text() not in output


def test_mail_that_cannot_be_sent_is_an_error(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "somebody", PASSWORD
    (found,) = doctor_settings.mails()
    assert found.grade is findings.Grade.ERROR
    assert "Connection refused" in found.says
    assert PASSWORD not in found.says


@pytest.mark.parametrize(
    ("given", "grade"),
    [
        ({"HTTPS": False}, "WARNING"),
        ({"HTTPS": True, "SECURE_PROXY_SSL_HEADER": None}, "WARNING"),
        ({"HTTPS": True, "SECURE_PROXY_SSL_HEADER": ("x", "https"), "NEO_TRUSTED_PROXIES": []}, "WARNING"),
        ({"HTTPS": True, "SECURE_PROXY_SSL_HEADER": ("x", "https"), "NEO_TRUSTED_PROXIES": ["10.0.0.1"]}, "OK"),
    ],
)
def test_settings_of_the_proxy_are_examined(settings: Any, given: dict[str, Any], grade: str) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    (found,) = doctor_settings.proxies()
    assert found.grade.name == grade


def test_a_full_disk_is_a_warning(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=2**40, free=2**20))
    (found,) = stores.disk()
    assert found.grade is findings.Grade.WARNING
