"""The sealer as a process of its own, which outlives a database that goes away for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError

from projects.records import Subject
from secrets_app.audit import sealing
from secrets_app.audit.recording import record
from secrets_app.models import AuditEntry


class Stopped(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_what_a_fault_has_left_is_sealed_the_next_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each step is one pause of the sealer, and what happens to it meanwhile."""
    seal = sealing.seal

    def fail() -> int:
        raise OperationalError("canary-of-a-server")

    def write_while_it_cannot_be_sealed() -> None:
        record("secret.deleted", actor=None, subject=Subject("secret", "1"), version=1)
        monkeypatch.setattr(sealing, "seal", fail)

    def come_back() -> None:
        assert AuditEntry.objects.filter(block=None).count() == 1
        monkeypatch.setattr(sealing, "seal", seal)

    def end() -> None:
        raise Stopped

    steps: list[Callable[[], None]] = [write_while_it_cannot_be_sealed, come_back, end]
    monkeypatch.setattr(time, "sleep", lambda _: steps.pop(0)())
    with pytest.raises(Stopped):
        call_command("audit", "seal", "--every", "10", stdout=StringIO())

    assert AuditEntry.objects.filter(block=None).count() == 0
    assert "audit.seal_waits error=OperationalError" in caplog.text
    assert "canary" not in caplog.text
