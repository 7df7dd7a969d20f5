"""Rotating the master key: every data key is wrapped anew, nothing else changes, and interruptions do no harm."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app import vault
from secrets_app.actions import master_keys
from secrets_app.actions.master_keys import MasterKeyInUse, retire_master_key, rewrap_data_keys
from secrets_app.admin.attention import concerns_for
from secrets_app.audit.chaining import writable_events
from secrets_app.crypto import generate_key_line
from secrets_app.errors import AuditUnavailable
from secrets_app.master_keys import check_master_keys, wrapped_anew
from secrets_app.models import AuditBlock, AuditEvent, DataKey, KeyCheckValue, Secret, SecretVersion
from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.models.time_ids import new_id
from tests.cast import CANARY, make_secret, make_user
from tests.secrets_app.conftest import UseKeys, forget_keys

KeyLine = Callable[[str], str]
BY = Actor.system("the tests")


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: Any) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return str(error.value)


def master_keys_in_use() -> set[str]:
    return set(DataKey.objects.values_list("master_key_id", flat=True))


def all_but_wrapping() -> list[Any]:
    sealed = [list(model._default_manager.order_by("pk").values()) for model in (Secret, SecretVersion)]
    return [*sealed, list(DataKey.objects.order_by("pk").values("id", "user", "project", "state", "seals"))]


@pytest.fixture
def old(key_line: KeyLine) -> str:
    return key_line("old")


@pytest.fixture
def new(key_line: KeyLine) -> str:
    return key_line("new")


@pytest.fixture
def in_use(use_keys: UseKeys, old: str, new: str, member: Any, stranger: Any, admin: Any, project: Project) -> None:
    """Four data keys under the old master key, and the new one just made active."""
    use_keys(old)
    make_secret(member)
    make_secret(stranger)
    make_secret(admin)
    make_secret(member, project_id=project.id)
    use_keys(new, old)


def test_the_admin_shows_what_is_left(in_use: None, client: Client, superuser: Any) -> None:
    def shown() -> list[tuple[str, int]]:
        lines = [(str(concern.text), int(concern.count)) for concern in concerns_for(superuser)]
        return [line for line in lines if "former" in line[0]]

    client.force_login(superuser)
    address = reverse("admin:secrets_app_datakey_changelist") + "?master_key=former"
    assert shown() == [("Data keys that a former master key wraps", 4)]
    assert len(client.get(address).context["cl"].result_list) == 4
    run("rotate_keys")
    assert shown() == []
    assert len(client.get(address).context["cl"].result_list) == 0


def assert_all_open() -> None:
    assert [vault.open_value(secret).reveal() for secret in Secret.objects.all()] == [CANARY] * 4


@pytest.mark.parametrize("batch_size", [1, 3, 4, 200])
def test_every_data_key_is_wrapped_by_the_new_master_key(
    in_use: None, use_keys: UseKeys, new: str, batch_size: int
) -> None:
    before = all_but_wrapping()
    assert "Wrapped by 'new': 4." in run("rotate_keys", "--batch-size", batch_size)
    assert master_keys_in_use() == {"new"}
    assert all_but_wrapping() == before
    use_keys(new)
    check_master_keys()
    assert_all_open()


def test_retiring_keys_are_wrapped_anew_and_destroyed_ones_not(in_use: None) -> None:
    one, two = DataKey.objects.order_by("pk")[:2]
    DataKey.objects.filter(pk=one.pk).update(state=DataKey.State.RETIRING)
    DataKey.objects.filter(pk=two.pk).update(state=DataKey.State.DESTROYED, wrapped=b"")
    run("rotate_keys")
    assert DataKey.objects.get(pk=one.pk).master_key_id == "new"
    assert DataKey.objects.get(pk=two.pk).master_key_id == "old"
    assert run("rotate_keys", "--check").startswith("Nothing is left")


def test_check_changes_nothing_and_fails_until_done(in_use: None) -> None:
    before = list(DataKey.objects.order_by("pk").values())
    assert refused("rotate_keys", "--check") == "Left to do: 4 data keys under a former master key. Run rotate_keys."
    assert list(DataKey.objects.order_by("pk").values()) == before
    run("rotate_keys")
    assert run("rotate_keys", "--check") == "Nothing is left to do.\n"


def test_each_batch_has_one_audit_event(in_use: None) -> None:
    run("rotate_keys", "--batch-size", 3)
    run("rotate_keys")
    rows = AuditEvent.objects.filter(event="data_keys.rewrapped").order_by("id")
    assert [(row.subject_id, row.data, row.credential_id) for row in rows] == [
        ("new", {"count": 3}, "rotate_keys"),
        ("new", {"count": 1}, "rotate_keys"),
    ]


def test_a_batch_without_its_audit_event_is_not_done(in_use: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any, **__: Any) -> None:
        raise AuditUnavailable

    monkeypatch.setattr(master_keys, "record", unavailable)
    with pytest.raises(AuditUnavailable):
        rewrap_data_keys(actor=BY)
    assert master_keys_in_use() == {"old"}


def test_a_killed_run_is_finished_by_the_next(in_use: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the second batch: the first is done, the second unchanged, and the keys of both open."""
    calls = iter(range(10))

    def dies(row: DataKey, key_id: str) -> bytes:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return wrapped_anew(row, key_id)

    monkeypatch.setattr(master_keys, "wrapped_anew", dies)
    with pytest.raises(KeyboardInterrupt):
        rewrap_data_keys(actor=BY, batch_size=2)
    monkeypatch.undo()
    assert DataKey.objects.filter(master_key_id="new").count() == 2
    vault._cipher.cache_clear()
    assert_all_open()
    assert rewrap_data_keys(actor=BY).count == 2
    assert_all_open()


def test_a_damaged_row_is_named_and_the_others_are_done(in_use: None) -> None:
    bad = DataKey.objects.order_by("pk")[1]
    DataKey.objects.filter(pk=bad.pk).update(wrapped=bytes(bad.wrapped)[:-1] + b"x")
    said = refused("rotate_keys", "--batch-size", 1)
    assert str(bad.pk) in said
    assert list(DataKey.objects.filter(master_key_id="old").values_list("pk", flat=True)) == [bad.pk]


def test_rows_under_a_lost_master_key_are_named(in_use: None, use_keys: UseKeys, new: str) -> None:
    use_keys(new)
    lost = DataKey.objects.order_by("pk")[0]
    assert str(lost.pk) in refused("rotate_keys")
    assert master_keys_in_use() == {"old"}
    assert run("keys", "status").splitlines()[-1].split()[:2] == ["old", "missing"]


def test_a_moved_row_is_not_wrapped_for_its_new_place(in_use: None, member: Any, stranger: Any) -> None:
    """The wrapping binds the owner, so a rotation must not approve a key that was copied into another row."""
    mine, theirs = (DataKey.objects.get(user=user) for user in (member, stranger))
    DataKey.objects.filter(pk=theirs.pk).update(wrapped=mine.wrapped)
    assert str(theirs.pk) in refused("rotate_keys")
    assert DataKey.objects.get(pk=theirs.pk).master_key_id == "old"


def test_a_wrong_key_under_the_active_id_rewraps_nothing(
    in_use: None, use_keys: UseKeys, key_line: KeyLine, old: str
) -> None:
    run("rotate_keys")
    use_keys(key_line("new"), old)
    DataKey.objects.update(master_key_id="old")
    assert "is not the key that was used" in refused("rotate_keys")


def test_a_batch_size_below_one_is_refused(in_use: None) -> None:
    assert "--batch-size" in refused("rotate_keys", "--batch-size", 0)


def test_status_shows_what_each_key_is_needed_for(in_use: None, stranger: Any) -> None:
    DataKey.objects.filter(user=stranger).update(state=DataKey.State.RETIRING)
    lines = [line.split() for line in run("keys", "status").splitlines()[1:]]
    assert lines == [["new", "active", "0", "0"], ["old", "held", "3", "1", "needed"]]


def test_a_master_key_is_retired_when_nothing_names_it(in_use: None, use_keys: UseKeys, new: str) -> None:
    assert "It wraps 4 data keys. Run: manage.py rotate_keys" in refused("keys", "retire", "old")
    run("rotate_keys")
    assert "It is the active one" in refused("keys", "retire", "new")
    assert "No master key with this id" in refused("keys", "retire", "other")
    assert "Audit events carry its MAC" in refused("keys", "retire", "old")
    assert set(KeyCheckValue.objects.values_list("pk", flat=True)) == {"new", "old"}
    assert "Retired. Delete its line" in run("keys", "retire", "old", "--give-up-audit")
    assert set(KeyCheckValue.objects.values_list("pk", flat=True)) == {"new"}
    assert AuditEvent.objects.filter(event="master_key.retired", subject_id="old", key_id="new").count() == 1
    use_keys(new)
    check_master_keys()
    assert_all_open()


def test_a_key_without_audit_events_retires_without_option(in_use: None) -> None:
    run("rotate_keys")
    AuditEvent.objects.all()._raw_delete("default")
    retire_master_key(actor=BY, key_id="old")
    with pytest.raises(MasterKeyInUse):
        retire_master_key(actor=BY, key_id="old")


@pytest.fixture
def given_up(in_use: None, use_keys: UseKeys, old: str, new: str) -> None:
    """The former key is retired and not held any more, although audit events and blocks carry its MAC."""
    # What the cast has made under the key of all tests.
    writable_events().exclude(key_id__in=("old", "new")).delete()
    use_keys(old, new)
    run("audit", "accept", "--yes")
    run("audit", "chain")
    use_keys(new, old)
    run("rotate_keys")
    run("keys", "retire", "old", "--give-up-audit")
    run("audit", "chain")
    use_keys(new)


def verification() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit", "verify", stdout=out)
    except CommandError as ended:
        return ended.returncode, out.getvalue()
    return 0, out.getvalue()


def under_old() -> AuditEventQuerySet:
    return AuditEvent.objects.filter(key_id="old")


def test_verification_says_what_a_retired_key_leaves_unjudged(given_up: None) -> None:
    status, said = verification()
    assert status == 0, said
    unjudged = under_old().count() + AuditBlock.objects.filter(key_id="old").count()
    (event,) = AuditEvent.objects.filter(event="master_key.retired")
    assert unjudged > 0
    assert (
        f"Not judged: {unjudged} events and blocks up to block {event.data['last_block']}, under the retired master key"
    ) in said


@pytest.mark.parametrize("change", [{"count": 99}, {"root": b"x" * 32}], ids=["count", "root"])
def test_a_block_under_a_retired_key_cannot_be_changed(given_up: None, change: dict[str, Any]) -> None:
    AuditBlock.objects.filter(key_id="old").update(**change)
    status, said = verification()
    assert status == 1
    assert "retired master key 'old': the blocks under it are not those of its retirement" in said


def test_a_later_event_under_a_retired_key_is_a_finding(given_up: None) -> None:
    forged = under_old().first()
    assert forged is not None
    forged.pk, forged.block = new_id(timezone.now()), None
    AuditEvent.objects.bulk_create([forged])
    status, said = verification()
    assert status == 2
    assert f"audit event {forged.pk}: master key 'old' is not held" in said


def test_a_forged_retirement_retires_nothing(given_up: None) -> None:
    writable_events().filter(event="master_key.retired").update(data={"last_block": 10**6, "digest": ""})
    status, said = verification()
    assert status == 1
    assert "its MAC does not match" in said
    assert "master key 'old' is not held" in said


def test_a_retirement_outlives_the_key_that_recorded_it(given_up: None, use_keys: UseKeys, new: str) -> None:
    newest = generate_key_line("newest")
    use_keys(newest, new)
    run("rotate_keys")
    run("keys", "retire", "new", "--give-up-audit")
    run("audit", "chain")
    use_keys(newest)
    status, said = verification()
    assert status == 0, said
    assert said.count("Not judged: ") == 2


def test_nothing_printed_holds_a_key(in_use: None, old: str, new: str) -> None:
    printed = [run("keys", "status"), refused("rotate_keys", "--check"), run("rotate_keys"), run("keys", "status")]
    assert not [line for line in (old, new) if line.split(":")[1] in "".join(printed)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_process")
class TestTogether:
    USERS = 12

    @pytest.fixture
    def people(self, use_keys: UseKeys, old: str, new: str) -> list[Any]:
        use_keys(old)
        people = [make_user(f"user{number}") for number in range(self.USERS)]
        for user in people:
            make_secret(user)
        use_keys(new, old)
        return people

    def test_two_rotators_and_writers(self, people: list[Any]) -> None:
        together = Barrier(4)

        def job(do: Callable[[], object]) -> object:
            try:
                together.wait(timeout=300)
                return do()
            finally:
                connection.close()

        def write(people: list[Any]) -> None:
            for user in people:
                make_secret(user, name="MORE")

        jobs: list[Callable[[], object]] = [
            *(lambda: rewrap_data_keys(actor=BY, batch_size=2).count for _ in range(2)),
            lambda: write(people),
            lambda: write([make_user(f"new{number}") for number in range(self.USERS)]),
        ]
        with ThreadPoolExecutor(4) as threads:
            results = list(threads.map(job, jobs))
        rewrap_data_keys(actor=BY)
        assert sum(count for count in results if isinstance(count, int)) <= self.USERS
        assert master_keys_in_use() == {"new"}
        forget_keys()
        assert {vault.open_value(secret).reveal() for secret in Secret.objects.all()} == {CANARY}
        assert Secret.objects.count() == 3 * self.USERS
        recorded = AuditEvent.objects.filter(event="data_keys.rewrapped").values_list("data", flat=True)
        assert sum(data["count"] for data in recorded) == self.USERS

    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
    def test_a_locked_row_is_skipped(self, people: list[Any]) -> None:
        held = DataKey.objects.get(user=people[0])

        def rotate() -> int:
            try:
                return rewrap_data_keys(actor=BY).count
            finally:
                connection.close()

        with transaction.atomic():
            DataKey.objects.select_for_update().get(pk=held.pk)
            with ThreadPoolExecutor(1) as threads:
                assert threads.submit(rotate).result(timeout=300) == self.USERS - 1
        assert "1 data keys under a former master key" in refused("rotate_keys", "--check")
        assert rotate() == 1
