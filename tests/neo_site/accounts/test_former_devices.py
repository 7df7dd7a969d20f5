"""Devices of django-otp, which the second factor of the admin had before, go on working."""

from __future__ import annotations

import time
from base64 import b32decode
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from neo_site.accounts.second_factor import has_second_factor, use_code
from tests.cast import make_user
from tests.limits import Clock
from tests.neo_site.accounts.factors import KEY, code

migration = import_module("neo_site.accounts.migrations.0002_devices_of_django_otp")

TABLES = (
    "CREATE TABLE otp_totp_totpdevice (id integer, user_id integer, confirmed boolean, key varchar(80), step integer,"
    " t0 bigint, digits integer, last_t bigint)",
    "CREATE TABLE otp_static_staticdevice (id integer, user_id integer, confirmed boolean)",
    "CREATE TABLE otp_static_statictoken (id integer, device_id integer, token varchar(16))",
)
HEX = b32decode(KEY).hex()


def take_over() -> None:
    # Of the editor the migration takes the connection. A real one cannot be had inside of a test's transaction.
    migration.take_over(apps, SimpleNamespace(connection=connection))


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def device(
    number: int, user: Any, *, confirmed: bool = True, key: str = HEX, digits: int = 6, last_t: int = -1
) -> None:
    row = (number, user.pk, confirmed, key, 30, 0, digits, last_t)
    execute("INSERT INTO otp_totp_totpdevice VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", *row)


@pytest.fixture(autouse=True)
def _time_stands(clock: Clock) -> None:
    """Otherwise the code of now would be another one in the middle of a test, once in a while."""


@pytest.fixture
def former(db: None) -> Any:
    for statement in TABLES:
        execute(statement)


def test_applications_and_backup_codes_go_on_working(former: None) -> None:
    user = make_user("former")
    device(1, user)
    execute("INSERT INTO otp_static_staticdevice VALUES (%s, %s, %s)", 1, user.pk, True)
    execute("INSERT INTO otp_static_statictoken VALUES (%s, %s, %s)", 1, 1, "abcd2345")
    take_over()
    assert has_second_factor(user)
    assert use_code(user, code(key=KEY)) is not None
    assert use_code(user, code(key=KEY)) is None
    assert [use_code(user, "abcd2345") is not None for _ in range(2)] == [True, False]


def test_the_device_used_last_is_taken_and_its_last_code_stays_used(former: None) -> None:
    user = make_user("former")
    device(1, user, key="00" * 20)
    device(2, user, last_t=int(time.time()) // 30 + 1)
    take_over()
    assert [use_code(user, code(steps)) for steps in (0, 1)] == [None, None]


def test_devices_of_another_form_are_left_behind(former: None) -> None:
    users = [make_user(name) for name in ("unconfirmed", "eight")]
    device(1, users[0], confirmed=False)
    device(2, users[1], digits=8)
    take_over()
    assert [has_second_factor(user) for user in users] == [False, False]


@pytest.mark.django_db
def test_without_such_tables_nothing_happens() -> None:
    take_over()
