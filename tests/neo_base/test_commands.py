"""Commands that timers run begin again while the database takes nothing, and end with its error after a while."""

from __future__ import annotations

from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import InternalError, OperationalError

from neo_base.commands import PatientCommand, as_command_errors
from secrets_app.errors import AuditUnavailable

pytestmark = pytest.mark.once
DAILY = [
    *("audit", "backup", "clear_ended_invitations", "clear_expired_grants", "clear_expired_sessions", "clearsessions"),
    "secrets",
]


def read_only() -> InternalError:
    error = InternalError()
    error.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    return error


class Failing(PatientCommand):
    """A command that meets these errors, one at each try."""

    requires_system_checks = ()

    def __init__(self, *errors: Exception) -> None:
        super().__init__(stderr=StringIO())
        self.errors = list(errors)

    def handle(self, **options: Any) -> str:
        assert "retry_for" not in options
        for error in [self.errors.pop(0)] if self.errors else []:
            raise error
        return "done"

    @property
    def said(self) -> str:
        return str(self.stderr._out.getvalue())  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, on a clock that only they move."""
    pauses: list[float] = []
    monkeypatch.setattr("neo_base.commands.time.sleep", pauses.append)
    monkeypatch.setattr("neo_base.commands.time.monotonic", lambda: sum(pauses))
    # An earlier test may have left a connection open, which a test without the database must not touch.
    monkeypatch.setattr("neo_base.commands.close_old_connections", lambda: None)
    return pauses


@pytest.mark.parametrize("name", DAILY)
def test_each_daily_command_is_patient(name: str) -> None:
    assert isinstance(load_command_class(get_commands()[name], name), PatientCommand)


def test_a_command_begins_again_until_the_database_is_back(slept: list[float]) -> None:
    outage = AuditUnavailable()
    outage.__cause__ = read_only()
    command = Failing(read_only(), outage, read_only())
    assert call_command(command) == "done"
    assert slept == [0.5, 1, 2]
    assert command.said == "The database takes nothing now (read_only). Trying again for 120 seconds.\n"


def test_its_patience_ends(slept: list[float]) -> None:
    command = Failing(*(read_only() for _ in range(50)))
    with pytest.raises(InternalError):
        call_command(command, retry_for=20.0)
    assert slept == [0.5, 1, 2, 4, 8]


@pytest.mark.parametrize("error", [ValueError(), CommandError("Wrong input."), OperationalError("no such table")])
def test_a_fault_ends_it_at_once(error: Exception, slept: list[float]) -> None:
    with pytest.raises(type(error)):
        call_command(Failing(error))
    assert slept == []


@pytest.mark.parametrize(("job", "again"), [(["export"], False), (["chain", "--every", "9"], False), (["chain"], True)])
def test_an_export_that_may_be_printed_in_part_is_not_begun_again(job: list[str], again: bool) -> None:
    command = load_command_class("secrets_app", "audit")
    assert isinstance(command, PatientCommand)
    options = vars(command.create_parser("manage.py", "audit").parse_args(job))
    assert command.may_begin_again(options) is again


def test_an_expected_error_is_told_and_an_outage_goes_on() -> None:
    with pytest.raises(CommandError, match=r"^The audit log cannot"), as_command_errors(AuditUnavailable):
        raise AuditUnavailable
    with pytest.raises(AuditUnavailable), as_command_errors(AuditUnavailable):
        raise AuditUnavailable from read_only()
