"""Replacing data keys: everything opens before, during and after, and a needed key is never destroyed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier, Event
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app import vault
from secrets_app.actions import data_keys
from secrets_app.actions.data_keys import destroy_data_keys, renew_data_keys, reseal_secrets
from secrets_app.actions.secrets import update_secret
from secrets_app.errors import AuditUnavailable, Unreadable
from secrets_app.management.commands import rotate_keys
from secrets_app.models import AuditEvent, DataKey, Secret, SecretVersion
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, make_secret, make_user
from tests.refusals import refusal_of

BY = Actor.system("the tests")
State = DataKey.State


@pytest.fixture(autouse=True)
def _fresh(fresh_process: None) -> None:
    """No keys and no leases from other tests."""


@pytest.fixture
def sealed(member: Any, stranger: Any, project: Project) -> list[Secret]:
    """Three owners, four secrets, and two former versions of the first secret."""
    secrets = [
        make_secret(member, name="A"),
        make_secret(member, name="B"),
        make_secret(stranger),
        make_secret(member, project_id=project.id),
    ]
    for value in ("second", "third"):
        update_secret(actor=Actor.from_user(member), secret_id=secrets[0].id, value=Plaintext(value))
    return secrets


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def replace(*arguments: Any) -> str:
    return run("--data-keys", "--grace", 0, *arguments)


def refused(*arguments: Any) -> str:
    with pytest.raises(CommandError) as error:
        replace(*arguments)
    return str(error.value)


def renew() -> None:
    renew_data_keys(actor=BY, before=timezone.now())


def reseal() -> None:
    reseal_secrets(actor=BY)


def opened() -> list[Any]:
    """Return every value and mask, and the columns that must not change."""
    vault._cipher.cache_clear()
    rows = [*Secret.objects.order_by("pk"), *SecretVersion.objects.order_by("pk")]
    seen = ("pk", "version", "set_at", "is_maskable", "revision", "updated_at", "etag")
    return [
        (vault.open_value(row).reveal(), vault.open_mask(row), *(getattr(row, name, None) for name in seen))
        for row in rows
    ]


def statements_to_reseal() -> int:
    renew()
    with CaptureQueriesContext(connection) as queries:
        reseal()
    destroy()
    return len(queries)


def key_states() -> list[Any]:
    return list(DataKey.objects.order_by("pk").values("pk", "state"))


def states() -> dict[str, int]:
    keys = list(DataKey.objects.values_list("state", flat=True))
    return {state: keys.count(state) for state in keys}


@pytest.mark.parametrize("batch_size", [1, 2, 200])
def test_all_is_sealed_anew_and_former_keys_are_destroyed(sealed: list[Secret], batch_size: int) -> None:
    before = opened()
    blobs = {bytes(row.value.blob) for row in Secret.objects.all()}
    assert replace("--batch-size", batch_size).splitlines()[1:] == [
        "New data keys: 3.",
        "Versions sealed anew: 6.",
        "Former data keys destroyed: 3.",
        "Nothing is left to do.",
    ]
    assert opened() == before
    assert states() == {State.ACTIVE: 3, State.DESTROYED: 3}
    assert {bytes(key.wrapped) for key in DataKey.objects.filter(state=State.DESTROYED)} == {b""}
    assert not blobs & {bytes(row.value.blob) for row in Secret.objects.all()}
    assert set(Secret.objects.values_list("data_key__state", flat=True)) == {State.ACTIVE}


def test_rows_of_destroyed_keys_go_with_the_next_run(sealed: list[Secret]) -> None:
    replace()
    former = set(DataKey.objects.filter(state=State.DESTROYED).values_list("pk", flat=True))
    replace()
    assert states() == {State.ACTIVE: 3, State.DESTROYED: 3}
    assert not DataKey.objects.filter(pk__in=former).exists()


def test_a_destroyed_key_that_a_row_names_stays(sealed: list[Secret]) -> None:
    DataKey.objects.filter(pk=sealed[2].data_key_id).update(state=State.DESTROYED)
    destroy_data_keys(actor=BY)
    assert DataKey.objects.filter(pk=sealed[2].data_key_id).exists()


def test_what_writers_store_meanwhile_is_sealed_anew_at_once(
    sealed: list[Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a writer that had chosen the former key before it was replaced."""
    secret, former = sealed[2], sealed[2].data_key_id
    blobs = Secret.objects.filter(pk=secret.pk).values("value", "mask", "data_key").get()
    monkeypatch.setattr(time, "sleep", lambda _: Secret.objects.filter(pk=secret.pk).update(**blobs))
    said = replace()
    assert "Meanwhile: new data keys 0, versions sealed anew 1." in said
    assert said.endswith("Nothing is left to do.\n")
    assert DataKey.objects.get(pk=former).state == State.DESTROYED


def test_a_former_key_that_stays_in_use_is_no_failure(sealed: list[Secret], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate_keys, "destroy_data_keys", lambda **_: 0)
    assert "Left to the next run, because they were in use: 3 former data keys." in replace()
    monkeypatch.undo()
    assert "3 former data keys" in refused("--check")


def test_former_ciphertexts_no_longer_open(sealed: list[Secret]) -> None:
    """An earlier copy of the rows gives nothing to a thief of the later database."""
    former = Secret.objects.get(pk=sealed[2].pk)
    replace()
    vault._cipher.cache_clear()
    assert refusal_of(vault.open_value, former) is Unreadable


def test_without_the_option_data_keys_stay(sealed: list[Secret]) -> None:
    run()
    assert states() == {State.ACTIVE: 3}


def test_only_those_made_before_are_replaced(sealed: list[Secret], stranger: Any) -> None:
    DataKey.objects.filter(user=stranger).update(created_at=timezone.now() - timedelta(days=400))
    year = (timezone.now() - timedelta(days=365)).isoformat()
    assert refused("--check", "--before", year) == "Left to do: 1 data keys to replace. Run rotate_keys."
    assert "New data keys: 1." in replace("--before", year)
    assert "Nothing is left" in replace("--check", "--before", year)
    assert states() == {State.ACTIVE: 3, State.DESTROYED: 1}


@pytest.mark.parametrize(
    "arguments", [("--before", "2999-01-01"), ("--grace", "-1"), ("--batch-size", "0"), ("--before", "yesterday")]
)
def test_impossible_arguments_are_refused(db: None, arguments: tuple[str, ...]) -> None:
    refused(*arguments)
    with pytest.raises(CommandError, match="goes with --data-keys"):
        run("--before", "2020-01-01")


def test_check_counts_and_changes_nothing(sealed: list[Secret]) -> None:
    DataKey.objects.filter(pk=sealed[2].data_key_id).update(state=State.RETIRING)
    before = list(DataKey.objects.order_by("pk").values())
    assert refused("--check") == "Left to do: 1 former data keys. Run rotate_keys."
    now = timezone.now().isoformat()
    assert (
        refused("--check", "--before", now)
        == "Left to do: 2 data keys to replace, 1 former data keys. Run rotate_keys."
    )
    assert list(DataKey.objects.order_by("pk").values()) == before


def test_a_key_that_has_sealed_enough_is_destroyed_too(sealed: list[Secret], stranger: Any) -> None:
    DataKey.objects.filter(user=stranger).update(state=State.RETIRING)
    make_secret(stranger, name="MORE")
    before = opened()
    assert "Former data keys destroyed: 1." in replace("--before", "2020-01-01")
    assert opened() == before


def test_each_step_has_audit_events(sealed: list[Secret]) -> None:
    replace("--batch-size", 2)
    rows = AuditEvent.objects.filter(event__startswith="data_keys.").order_by("id").values_list("event", "data")
    counts = [(event.partition(".")[2], data.get("count")) for event, data in rows]
    assert sum(count for event, count in counts if event == "renewed") == 3
    assert sum(count for event, count in counts if event == "resealed") == 6
    assert [event for event, _ in counts].count("destroyed") == 3


def destroy() -> object:
    return destroy_data_keys(actor=BY)


@pytest.mark.parametrize(
    ("done", "step"), [([], renew), ([renew], reseal), ([renew, reseal], destroy)], ids=["renew", "reseal", "destroy"]
)
def test_a_step_without_its_audit_event_is_not_done(
    sealed: list[Secret], done: list[Callable[[], object]], step: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for earlier in done:
        earlier()
    before = key_states(), list(Secret.objects.order_by("pk").values())

    def unavailable(*_: Any, **__: Any) -> None:
        raise AuditUnavailable

    monkeypatch.setattr(data_keys, "record", unavailable)
    with pytest.raises(AuditUnavailable):
        step()
    assert (key_states(), list(Secret.objects.order_by("pk").values())) == before


def test_the_command_says_that_the_audit_cannot_be_written(
    sealed: list[Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: Any, **__: Any) -> None:
        raise AuditUnavailable

    monkeypatch.setattr(data_keys, "record", unavailable)
    assert refused() == str(AuditUnavailable())


@pytest.mark.parametrize("calls", range(6))
def test_a_killed_run_is_finished_by_the_next(
    sealed: list[Secret], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at this version: everything opens, and the same moment makes no second new key."""
    before, moment, left = opened(), timezone.now(), iter(range(calls))
    reseal = vault.Sealer.reseal

    def dies(sealer: vault.Sealer, row: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return reseal(sealer, row)

    monkeypatch.setattr(vault.Sealer, "reseal", dies)
    with pytest.raises(KeyboardInterrupt):
        replace("--batch-size", 2, "--before", moment.isoformat())
    monkeypatch.undo()
    assert opened() == before
    assert "New data keys: 0." in replace("--before", moment.isoformat())
    assert opened() == before
    assert states() == {State.ACTIVE: 3, State.DESTROYED: 3}


def test_an_unreadable_value_is_named_and_its_key_stays(sealed: list[Secret], stranger: Any) -> None:
    bad = sealed[2]
    Secret.objects.filter(pk=bad.pk).update(mask=bad.value)
    said = refused()
    assert str(bad.pk) in said
    assert CANARY not in said
    assert Secret.objects.get(pk=bad.pk).value == bad.value
    assert vault.open_value(Secret.objects.get(pk=bad.pk)).reveal() == CANARY
    assert DataKey.objects.get(user=stranger, state=State.RETIRING).pk == bad.data_key_id
    assert states() == {State.ACTIVE: 3, State.RETIRING: 1, State.DESTROYED: 2}


def test_sealing_anew_costs_the_same_at_any_length(member: Any) -> None:
    make_secret(member, name="FIRST")
    few = statements_to_reseal()
    for number in range(20):
        make_secret(member, name=f"MORE{number}")
    assert statements_to_reseal() == few


def test_a_key_that_seals_something_is_not_destroyed(sealed: list[Secret]) -> None:
    renew_data_keys(actor=BY, before=timezone.now())
    assert destroy_data_keys(actor=BY) == 0
    assert states() == {State.ACTIVE: 3, State.RETIRING: 3}


def test_no_value_is_printed(sealed: list[Secret]) -> None:
    assert CANARY not in replace() + replace("--check")


def in_thread(do: Callable[[], Any]) -> Any:
    try:
        return do()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_two_rotators_and_writers_lose_nothing(self) -> None:
        people = [make_user(f"user{number}") for number in range(6)]
        secrets = [make_secret(user, name=name) for user in people for name in ("A", "B")]
        together = Barrier(4)

        def rotate() -> None:
            together.wait(timeout=300)
            for _ in range(3):
                renew_data_keys(actor=BY, before=timezone.now(), batch_size=2)
                reseal_secrets(actor=BY, batch_size=2)
                destroy_data_keys(actor=BY)

        def write(mine: list[Secret]) -> None:
            together.wait(timeout=300)
            for number in range(4):
                for secret in mine:
                    by = Actor.from_user(secret.user)
                    update_secret(actor=by, secret_id=secret.id, value=Plaintext(f"{secret.name}-{number}"))

        jobs: list[Callable[[], None]] = [rotate, rotate, lambda: write(secrets[::2]), lambda: write(secrets[1::2])]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(in_thread, jobs))
        vault._cipher.cache_clear()
        assert {vault.open_value(row).reveal() for row in Secret.objects.all()} == {"A-3", "B-3"}
        versions = [vault.open_value(row).reveal() for row in SecretVersion.objects.all()]
        assert sorted(versions) == sorted([CANARY, "A-0", "A-1", "A-2"] * 6 + [CANARY, "B-0", "B-1", "B-2"] * 6)
        replace()
        assert {vault.open_value(row).reveal() for row in Secret.objects.all()} == {"A-3", "B-3"}
        assert not DataKey.objects.filter(state=State.RETIRING).exists()

    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
    def test_a_key_chosen_by_a_writer_is_not_destroyed(
        self, member: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        """The writer has chosen the active key, and stores after that key was retired and found to seal nothing."""
        # The quick way chooses without holding the key, and gives up where the statement finds it retired.
        settings.NEO_BASE = settings.NEO_BASE | {"QUICK_WAY": False}
        make_secret(member).delete()
        chosen, go_on = Event(), Event()
        seal = vault._leases.take

        def slow(data_key_id: Any, seals: int) -> None:
            chosen.set()
            assert go_on.wait(timeout=300)
            seal(data_key_id, seals)

        with ThreadPoolExecutor(1) as threads:
            monkeypatch.setattr(vault._leases, "take", slow)
            writer = threads.submit(in_thread, lambda: make_secret(member, name="SLOW"))
            assert chosen.wait(timeout=300)
            monkeypatch.setattr(vault._leases, "take", seal)
            assert renew_data_keys(actor=BY, before=timezone.now()) == 1
            assert destroy_data_keys(actor=BY) == 0
            go_on.set()
            secret = writer.result(timeout=300)
        assert secret.data_key.state == State.RETIRING
        replace("--before", "2020-01-01")
        vault._cipher.cache_clear()
        assert vault.open_value(Secret.objects.get(pk=secret.pk)).reveal() == CANARY
        assert states() == {State.ACTIVE: 1, State.DESTROYED: 1}

    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
    def test_a_locked_row_is_skipped(self, member: Any) -> None:
        held = make_secret(member)
        with transaction.atomic(), ThreadPoolExecutor(1) as threads:
            Secret.objects.select_for_update().get(pk=held.pk)

            def rotate() -> int:
                renew_data_keys(actor=BY, before=timezone.now())
                return reseal_secrets(actor=BY).count + destroy_data_keys(actor=BY)

            assert threads.submit(in_thread, rotate).result(timeout=300) == 0
        assert "Versions sealed anew: 1." in replace("--before", "2020-01-01")
