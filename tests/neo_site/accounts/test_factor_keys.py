"""The keys of second factors are sealed in the database, and follow the master keys."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from neo_site.accounts.second_factor import use_code
from neo_site.backups.contents import read_contents
from neo_site.doctor.findings import Grade
from neo_site.doctor.settings import factors
from secrets_app.crypto.errors import UnknownKey
from secrets_app.errors import KeyUnavailable
from secrets_app.master_keys import check_master_keys
from secrets_app.models import AuditEvent, SiteKey
from tests.cast import PASSWORD
from tests.limits import Clock
from tests.neo_site.accounts.factors import KEY, add_totp, code, recovery_codes
from tests.neo_site.signin.conftest import Post
from tests.secrets_app.conftest import UseKeys, fresh_process, key_line, use_keys  # noqa: F401  (fixtures)

CODES = ["abcd-efgh", "ijkl-mnop"]


@pytest.fixture(autouse=True)
def _time_stands(clock: Clock) -> None:
    """Otherwise the code of now would be another one in the middle of a test, once in a while."""


def stored() -> str:
    return str(list(Authenticator.objects.order_by("pk").values_list("data", flat=True)))


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def in_the_clear(user: Any) -> None:
    """Store what an earlier release, or the migration of its devices, has stored."""
    Authenticator.objects.create(user=user, type="totp", data={"secret": KEY})
    Authenticator.objects.create(user=user, type="recovery_codes", data={"migrated_codes": CODES})


def test_a_new_factor_is_sealed_and_works(member: Any) -> None:
    add_totp(member)
    codes = recovery_codes(member)
    assert KEY not in stored()
    assert stored().count("'sealed:") == 2
    assert use_code(member, code()) is not None
    assert [use_code(member, codes[0]) is not None for _ in range(2)] == [True, False]


def test_what_is_in_the_clear_works_and_its_use_seals_it(member: Any) -> None:
    in_the_clear(member)
    assert use_code(member, code()) is not None
    assert KEY not in stored()
    assert [use_code(member, CODES[0]) is not None for _ in range(2)] == [True, False]
    assert not any(each in stored() for each in CODES)
    assert use_code(member, CODES[1]) is not None


def test_the_command_seals_everything_once(member: Any, admin: Any) -> None:
    in_the_clear(member)
    add_totp(admin)
    assert [each.grade for each in factors()] == [Grade.WARNING]
    Authenticator.objects.create(user=admin, type="webauthn", data={"name": "Key", "credential": {}})
    assert run("seal_second_factors") == "Sealed: 2.\n"
    assert not any(each in stored() for each in [KEY, *CODES])
    assert run("seal_second_factors") == "Sealed: 0.\n"
    assert [each.grade for each in factors()] == [Grade.OK]
    assert use_code(member, code()) is not None
    assert use_code(member, CODES[1]) is not None


@pytest.fixture
def under_old(use_keys: UseKeys, key_line: Callable[[str], str], member: Any) -> tuple[str, str]:  # noqa: F811
    """A factor under the old master key, and the new one just made active."""
    old, new = key_line("old"), key_line("new")
    use_keys(old)
    add_totp(member)
    use_keys(new, old)
    return old, new


def test_rotating_the_master_key_wraps_the_key_of_factors(
    under_old: tuple[str, str],
    use_keys: UseKeys,  # noqa: F811
    member: Any,
) -> None:
    with pytest.raises(CommandError, match="1 keys of the site under a former master key"):
        run("rotate_keys", "--check")
    with pytest.raises(CommandError, match="It wraps 1 data keys"):
        run("keys", "retire", "old", "--give-up-audit")
    before = stored()
    assert "Wrapped by 'new': 1." in run("rotate_keys")
    assert "Nothing is left" in run("rotate_keys", "--check")
    assert stored() == before
    assert AuditEvent.objects.filter(event="data_keys.rewrapped", subject_id="new", data__count=1).exists()
    use_keys(under_old[1])
    check_master_keys()
    assert use_code(member, code()) is not None


def test_keys_status_counts_it(under_old: tuple[str, str]) -> None:
    (line,) = [line for line in run("keys", "status").splitlines() if line.startswith("old ")]
    assert line.split()[:4] == ["old", "held", "1", "0"]


def test_without_its_master_key_nothing_serves_and_no_code_is_taken(
    under_old: tuple[str, str],
    use_keys: UseKeys,  # noqa: F811
    member: Any,
    post: Post,
) -> None:
    use_keys(under_old[1])
    with pytest.raises(UnknownKey):
        check_master_keys()
    with pytest.raises(KeyUnavailable):
        use_code(member, code())
    answer = post("token", {"username": "member", "password": PASSWORD, "code": code()})
    assert (answer.status_code, answer.json()["code"]) == (503, "key_unavailable")


def test_a_key_that_was_tampered_with_opens_nothing(member: Any) -> None:
    add_totp(member)
    row = Authenticator.objects.get(user=member)
    for broken in (row.data["secret"][:-6] + "AAAAAA", "sealed:", "sealed:%", "sealed:" + "A" * 120):
        row.data = {"secret": broken}
        row.save()
        with pytest.raises(KeyUnavailable):
            use_code(member, code())


def test_a_backup_needs_the_master_key_of_factors(under_old: tuple[str, str]) -> None:
    def query(sql: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    tables = connection.introspection.table_names()
    assert SiteKey.objects.get().master_key_id == "old"
    assert set(read_contents(query, tables).master_keys) == {"old"}
    # Of an earlier release.
    tables.remove(SiteKey._meta.db_table)
    assert set(read_contents(query, tables).master_keys) == set()
