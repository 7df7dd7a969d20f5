"""Each 503 has a reason of a closed list, from the code that the database sent or from the error itself."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError

from neo_base.rest.errors import Unavailable
from neo_base.rest.outages import REASONS, outage_of, passes, takes_nothing_now
from neo_site.backups.epoch import RestoredCopy
from neo_site.deadlines import ClientGone, DeadlinePassed
from neo_site.postgresql.connections import OutOfTime, Unanswered
from neo_site.signin.errors import IdentityProviderUnavailable
from secrets_app.errors import AuditUnavailable, KeyUnavailable

pytestmark = pytest.mark.once


def caused_by(cause: BaseException, error: BaseException | None = None) -> BaseException:
    """As Django wraps an error of the driver, and as `raise … from` wraps that."""
    wrapped = OperationalError()
    wrapped.__cause__ = cause
    error = error or Unavailable()
    error.__cause__ = wrapped
    return error


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg.OperationalError(), "database_down"),
        (psycopg.errors.AdminShutdown(), "database_down"),
        (psycopg.errors.LockNotAvailable(), "lock"),
        (psycopg.errors.QueryCanceled(), "statement_timeout"),
        (psycopg.errors.ReadOnlySqlTransaction(), "read_only"),
        (psycopg.errors.DiskFull(), "disk_full"),
        (psycopg.errors.TooManyConnections(), "connections"),
        (Unanswered(), "database_frozen"),
        (OutOfTime(), "deadline"),
        (of_sqlite(sqlite3.SQLITE_BUSY), "lock"),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), "lock"),
        (of_sqlite(sqlite3.SQLITE_READONLY), "read_only"),
        (of_sqlite(sqlite3.SQLITE_FULL), "disk_full"),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), "disk_full"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), "database_down"),
        (of_sqlite(sqlite3.SQLITE_ERROR), "other"),
        (of_sqlite(sqlite3.SQLITE_INTERRUPT), "deadline"),
    ],
)
def test_the_code_of_the_database_names_the_reason(error: BaseException, reason: str) -> None:
    assert outage_of(caused_by(error)) == reason
    assert outage_of(caused_by(error, AuditUnavailable())) == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable(reason="queue_full"), "queue_full"),
        (Unavailable(), "other"),
        (KeyUnavailable(), "key_provider"),
        (AuditUnavailable(), "key_provider"),
        (IdentityProviderUnavailable(), "identity_provider"),
        (DeadlinePassed(), "deadline"),
        (ClientGone(), "client_gone"),
        (ValueError(), "other"),
        (Unavailable(reason="not of the list"), "other"),
    ],
)
def test_an_error_names_its_own_reason(error: BaseException, reason: str) -> None:
    assert outage_of(error) == reason
    assert reason in REASONS


def wrapped(kind: type[Exception], cause: Exception) -> Exception:
    error = kind()
    error.__cause__ = cause
    return error


REFUSING = [
    wrapped(OperationalError, psycopg.errors.AdminShutdown()),
    wrapped(OperationalError, psycopg.errors.CannotConnectNow()),
    wrapped(OperationalError, psycopg.errors.DiskFull()),
    wrapped(InternalError, psycopg.errors.ReadOnlySqlTransaction()),
    wrapped(InternalError, psycopg.errors.IdleInTransactionSessionTimeout()),
    wrapped(InterfaceError, psycopg.InterfaceError("the connection is closed")),
    wrapped(OperationalError, of_sqlite(sqlite3.SQLITE_FULL)),
    wrapped(OperationalError, of_sqlite(sqlite3.SQLITE_READONLY)),
    wrapped(OperationalError, Unanswered()),
]
FAULTS = [
    wrapped(InternalError, psycopg.errors.InFailedSqlTransaction()),
    wrapped(InternalError, psycopg.errors.DataCorrupted()),
    wrapped(ProgrammingError, psycopg.errors.UndefinedTable()),
    wrapped(IntegrityError, psycopg.errors.UniqueViolation()),
    wrapped(DataError, psycopg.errors.StringDataRightTruncation()),
    KeyUnavailable(),
    ValueError(),
]


@pytest.mark.parametrize("error", REFUSING, ids=lambda error: type(error.__cause__).__name__)
def test_a_database_that_takes_nothing_is_known_by_its_error_and_behind_others(error: Exception) -> None:
    assert takes_nothing_now(error)
    assert takes_nothing_now(wrapped(AuditUnavailable, error))
    assert passes(error)


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error.__cause__ or error).__name__)
def test_a_fault_is_no_outage(error: Exception) -> None:
    assert not takes_nothing_now(error)
    assert not passes(error)


@pytest.mark.parametrize("error", [RestoredCopy(), wrapped(OperationalError, of_sqlite(sqlite3.SQLITE_ERROR))])
def test_what_only_people_can_end_is_not_waited_for(error: Exception) -> None:
    assert takes_nothing_now(error)
    assert not passes(error)
