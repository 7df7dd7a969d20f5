"""The vault's data keys: one active per owner, counted, renewed; former ones still open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.creation import Draft, create_secrets
from secrets_app.actions.secrets import delete_secret
from secrets_app.errors import KeyUnavailable, NameTaken
from secrets_app.models import DataKey, KeyCheckValue, Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, make_secret, make_user
from tests.refusals import refusal_of

THREADS = 8
State = DataKey.State


class RollBackError(Exception):
    pass


@pytest.fixture(autouse=True)
def _fresh(fresh_process: None) -> None:
    """Start each test without the leases of others."""


@pytest.fixture
def small_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "SEALS_PER_LEASE", 4)


def stored_seals() -> int:
    return vault.SEALS_PER_VALUE * Secret.objects.count()


def counted_seals() -> int:
    return sum(DataKey.objects.values_list("seals", flat=True))


def test_each_owner_has_a_key_of_their_own(member: Any, admin: Any, project: Project) -> None:
    secrets = [
        make_secret(member),
        make_secret(admin),
        make_secret(member, project_id=project.id),
        make_secret(admin, name="B", project_id=project.id),
    ]
    keys = [secret.data_key_id for secret in secrets]
    assert len(set(keys)) == 3
    assert keys[2] == keys[3]
    assert {key.owner for key in DataKey.objects.all()} == {secret.owner for secret in secrets}


def test_a_key_that_has_sealed_enough_is_renewed_and_opens(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = make_secret(member, name="OLD")
    monkeypatch.setattr(vault, "RENEW_AFTER_SEALS", vault.SEALS_PER_LEASE)
    new = make_secret(member, name="NEW")
    newer = make_secret(member, name="NEWER", value="newer")
    states = dict(DataKey.objects.values_list("id", "state"))
    assert states == {old.data_key_id: State.RETIRING, new.data_key_id: State.RETIRING, newer.data_key_id: State.ACTIVE}
    vault._cipher.cache_clear()
    assert [vault.open_value(secret).reveal() for secret in (old, new, newer)] == [CANARY, CANARY, "newer"]
    assert refusal_of(delete_secret, actor=Actor.from_user(member), secret_id=old.id) is None


def test_a_rolled_back_renewal_keeps_the_former_key(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = make_secret(member)
    monkeypatch.setattr(vault, "RENEW_AFTER_SEALS", 0)
    with pytest.raises(NameTaken):
        make_secret(member)
    assert DataKey.objects.get() == old.data_key
    assert DataKey.objects.get().state == State.ACTIVE


def test_past_the_hard_stop_nothing_is_sealed(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_secret(member)
    monkeypatch.setattr(vault, "HARD_STOP_SEALS", vault.SEALS_PER_LEASE)
    assert refusal_of(make_secret, member, name="MORE") is KeyUnavailable


def test_the_bounds_are_those_of_the_design() -> None:
    assert vault.RENEW_AFTER_SEALS == 2**20
    assert vault.HARD_STOP_SEALS == 2**28
    assert vault.SEALS_PER_LEASE >= vault.SEALS_PER_VALUE


@pytest.mark.django_db(transaction=True)
class TestCounting:
    """The count of seals: never below the number stored, whatever commits and whatever rolls back."""

    @pytest.fixture
    def names(self) -> Iterator[str]:
        return (f"N{number}" for number in range(1_000))

    @pytest.fixture
    def one(self, member: Any, names: Iterator[str], small_leases: None) -> Callable[[], object]:
        return lambda: make_secret(member, name=next(names))

    def test_over_commits(self, one: Callable[[], object]) -> None:
        for _ in range(12):
            one()
            assert counted_seals() >= stored_seals()
        assert counted_seals() < stored_seals() + 2 * vault.SEALS_PER_LEASE

    def test_over_rolled_back_transactions(self, one: Callable[[], object]) -> None:
        for _ in range(6):
            with pytest.raises(RollBackError), transaction.atomic():
                one()
                one()
                raise RollBackError
            one()
            assert counted_seals() >= stored_seals()

    def test_over_rolled_back_savepoints(self, one: Callable[[], object]) -> None:
        with transaction.atomic():
            for _ in range(6):
                with pytest.raises(RollBackError), transaction.atomic():
                    one()
                    raise RollBackError
                one()
        for _ in range(6):
            one()
        assert counted_seals() >= stored_seals()

    def test_over_a_batch(self, member: Any, small_leases: None) -> None:
        owner = Owner(user_id=member.pk)
        drafts = [Draft(owner=owner, name=f"B{number}", value=Plaintext("x")) for number in range(50)]
        create_secrets(actor=Actor.from_user(member), drafts=drafts)
        assert counted_seals() >= stored_seals()

    def test_over_a_restart(self, member: Any, one: Callable[[], object]) -> None:
        for _ in range(5):
            one()
            vault._leases = vault._Leases()
        assert counted_seals() >= stored_seals()

    def test_over_threads(self, member: Any, small_leases: None) -> None:
        def make(number: int) -> None:
            try:
                make_secret(member, name=f"T{number}")
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(make, range(24)))
        assert Secret.objects.count() == 24
        assert counted_seals() >= stored_seals()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("users", [1, THREADS])
def test_concurrent_first_uses_make_one_key_per_owner(users: int) -> None:
    people = [make_user(f"user{number}") for number in range(users)]
    together = Barrier(THREADS)

    def make(number: int) -> Any:
        try:
            together.wait(timeout=300)
            return make_secret(people[number % users], name=f"T{number}").data_key_id
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        keys = list(threads.map(make, range(THREADS)))
    assert len(set(keys)) == users
    assert DataKey.objects.filter(state=State.ACTIVE).count() == DataKey.objects.count() == users
    assert KeyCheckValue.objects.count() == 1
    assert {vault.open_value(secret).reveal() for secret in Secret.objects.all()} == {CANARY}


@pytest.mark.django_db(transaction=True)
def test_concurrent_renewals_leave_one_active_key(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_secret(member)
    monkeypatch.setattr(vault, "RENEW_AFTER_SEALS", vault.SEALS_PER_LEASE)
    together = Barrier(THREADS)

    def make(number: int) -> None:
        try:
            together.wait(timeout=300)
            make_secret(member, name=f"T{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(make, range(THREADS)))
    assert DataKey.objects.filter(state=State.ACTIVE).count() == 1
    assert {vault.open_value(secret).reveal() for secret in Secret.objects.all()} == {CANARY}


def test_an_unknown_data_key_opens_nothing(member: Any) -> None:
    secret = make_secret(member)
    with pytest.raises(DataKey.DoesNotExist):
        vault._cipher(uuid4().bytes)
    assert vault.open_value(secret).reveal() == CANARY
