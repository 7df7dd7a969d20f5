"""`manage.py doctor`: each illness has its line, with what to do, and no line holds a secret."""

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
from django.db import OperationalError
from django.utils import timezone

from neo_site import health
from neo_site.doctor import audit, findings, stores
from neo_site.doctor import settings as doctor_settings
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.crypto import KeyringError
from secrets_app.models import AuditBlock
from tests.cast import make_secret

Examined = Callable[[], tuple[int, str]]
WELL = ("database", "migrations", "keys", "audit", "clock")
PASSWORD = "hunter2-in-an-address"


def fail(*_: Any, **__: Any) -> Never:
    raise OperationalError(PASSWORD)


@pytest.fixture
def examined(db: None) -> Examined:
    """The exit code and what is printed."""

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


def test_a_site_that_is_well_has_no_error(examined: Examined, member: Any) -> None:
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


def test_a_database_that_does_not_answer_is_one_error_and_says_nothing_of_its_address(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        vendor = "postgresql"
        cursor = staticmethod(fail)

    monkeypatch.setattr(stores, "connection", Silent())
    code, output = examined()
    assert code == 1
    assert lines(output, "error", "database")
    assert PASSWORD not in output


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("chained", "row_before", "block_before", "grade", "says"),
    [
        (False, 0 * HOUR, 0 * HOUR, "OK", "no block was ever made"),
        (
            False,
            3 * HOUR,
            0 * HOUR,
            "WARNING",
            "3 hours ago is not chained, and no block was ever made",
        ),
        # A quiet site: the last block is old, and nothing waits.
        (True, 3 * HOUR, 2 * HOUR, "OK", "the last block was made 2 hours ago"),
    ],
)
def test_unchained_audit_log_is_a_warning(
    chained: bool, row_before: timedelta, block_before: timedelta, grade: str, says: str, member: Any
) -> None:
    make_secret(member)
    if chained:
        chain_events()
    writable_events().update(at=timezone.now() - row_before)
    AuditBlock.objects.update(chained_at=timezone.now() - block_before)
    (found,) = audit.chaining()
    assert (found.grade.name, says in found.says) == (grade, True), found
    assert ("audit chain" in found.says) == (grade == "WARNING")


def test_stopped_chaining_is_a_warning(member: Any) -> None:
    make_secret(member)
    chain_events()
    AuditBlock.objects.update(chained_at=timezone.now() - 2 * HOUR)
    make_secret(member, name="LATER")
    writable_events().filter(block=None).update(at=timezone.now() - HOUR)
    (found,) = audit.chaining()
    assert found.grade is findings.Grade.WARNING
    assert "an audit event written 1 hour ago is not chained, and the last block was made 2 hours ago" in found.says


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
    assert f"{loose_key} is not its owner's alone" in lines(output, "warning", "files")[0]
    assert loose_key.read_text() not in output


def test_mail_that_cannot_be_sent_is_an_error(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "somebody", PASSWORD
    (found,) = doctor_settings.mails()
    assert found.grade is findings.Grade.ERROR
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
def test_what_the_proxy_has_to_say_is_looked_at(settings: Any, given: dict[str, Any], grade: str) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    (found,) = doctor_settings.proxies()
    assert found.grade.name == grade


def test_a_full_disk_is_a_warning(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=2**40, free=2**20))
    (found,) = stores.disk()
    assert found.grade is findings.Grade.WARNING
