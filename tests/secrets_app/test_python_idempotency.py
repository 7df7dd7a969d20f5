"""`idempotency_key`: a call of the Python API that is made again, as task queues do, makes nothing twice."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.transactions import atomic
from projects.actions import remove_member
from projects.models import Project
from secrets_app.api import kept_answers
from secrets_app.models import AuditEvent, KeptAnswer, Secret, ServiceToken, TaskGrant
from secrets_app.python_api import (
    AlreadyMade,
    IdempotencyKeyReused,
    InvalidInput,
    NameTaken,
    NotAMember,
    asecrets_for,
    secrets_for,
    service_token_for,
)
from tests.cast import CANARY, Api, make_user
from tests.contract import SECRETS

pytestmark = pytest.mark.once

KEY = "job-7"


@pytest.mark.parametrize("is_shared", [False, True])
def test_the_first_secret_comes_again(is_shared: bool, member: Any, project: Project) -> None:
    secrets = secrets_for(member, project=project if is_shared else None)
    later = datetime.now(UTC) + timedelta(days=1)

    def create() -> Any:
        return secrets.create("TOKEN", CANARY, description="For CI", expires_at=later, idempotency_key=KEY)

    first = create()
    events = AuditEvent.objects.count()
    assert create() == first
    # The first answer, with a mask of now.
    changed = secrets.update("TOKEN", value="another value 1234", description="Changed")
    assert create() == first.__class__(**{**vars(first), "masked_value": changed.masked_value})
    assert AuditEvent.objects.count() == events + 1
    assert Secret.objects.count() == 1


def test_without_a_key_each_call_is_made_and_nothing_is_kept(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY)
    with pytest.raises(NameTaken):
        mine.create("TOKEN", CANARY)
    assert mine.grant().row != mine.grant().row
    assert not KeptAnswer.objects.exists()


def test_another_call_with_the_key_is_refused(member: Any, project: Project) -> None:
    mine, ours = secrets_for(member), secrets_for(member, project=project)
    mine.create("TOKEN", CANARY, idempotency_key=KEY)
    others: list[Callable[[], Any]] = [
        lambda: mine.create("TOKEN", "another value 1234", idempotency_key=KEY),
        lambda: mine.create("OTHER", CANARY, idempotency_key=KEY),
        lambda: mine.create("TOKEN", CANARY, default_available=True, idempotency_key=KEY),
        lambda: mine.create("TOKEN", CANARY, description="For CI", idempotency_key=KEY),
        lambda: ours.create("TOKEN", CANARY, idempotency_key=KEY),
        lambda: mine.grant("TOKEN", idempotency_key=KEY),
        lambda: service_token_for(member, name="CI", scopes=["secrets:read"], idempotency_key=KEY),
    ]
    for call in others:
        with pytest.raises(IdempotencyKeyReused) as refused:
            call()
        assert refused.value.code == "idempotency_key_reused"
    assert list(Secret.objects.values_list("name", flat=True)) == ["TOKEN"]
    assert (TaskGrant.objects.count(), ServiceToken.objects.count()) == (0, 0)


SHOWN_ONCE: dict[str, Callable[[Any, Project, str], Any]] = {
    "grant": lambda user, _, key: secrets_for(user).grant(ttl=60, idempotency_key=key),
    "grant of a project": lambda user, project, key: secrets_for(user, project=project).grant(idempotency_key=key),
    "token": lambda user, _, key: service_token_for(user, name="CI", scopes=["secrets:read"], idempotency_key=key),
    "token of a project": lambda user, project, key: service_token_for(
        user, name="CI", scopes=["secrets:read"], project=project, idempotency_key=key
    ),
}


@pytest.mark.parametrize("make", SHOWN_ONCE.values(), ids=SHOWN_ONCE)
def test_a_token_is_shown_once(make: Callable[..., Any], member: Any, project: Project) -> None:
    first = make(member, project, KEY)
    with pytest.raises(AlreadyMade) as refused:
        make(member, project, KEY)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (again.code, again.id) == ("already_made", first.row.pk)
    assert type(first.row).objects.count() == 1
    assert first.text not in f"{list(KeptAnswer.objects.values())}"


def test_errors_name_the_argument_and_no_header(member: Any) -> None:
    mine = secrets_for(member)
    mine.grant(idempotency_key=KEY)
    with pytest.raises(AlreadyMade, match="with a new `idempotency_key`"):
        mine.grant(idempotency_key=KEY)
    with pytest.raises(IdempotencyKeyReused, match="`idempotency_key` was given to another call"):
        mine.grant(ttl=60, idempotency_key=KEY)


def test_a_token_for_another_project_is_another_call(member: Any, project: Project) -> None:
    SHOWN_ONCE["token"](member, project, KEY)
    with pytest.raises(IdempotencyKeyReused):
        SHOWN_ONCE["token of a project"](member, project, KEY)


def test_a_secret_that_is_gone_or_has_moved_is_named(member: Any, project: Project) -> None:
    mine = secrets_for(member)
    made = [mine.create(f"T{number}", CANARY, idempotency_key=f"job-{number}") for number in range(2)]
    mine.delete("T0")
    mine.move("T1", project)
    for number, each in enumerate(made):
        with pytest.raises(AlreadyMade) as refused:
            mine.create(f"T{number}", CANARY, idempotency_key=f"job-{number}")
        assert refused.value.id == each.id


def test_a_removed_member_gets_nothing_again(member: Any, admin: Any, project: Project) -> None:
    ours = secrets_for(member, project=project)
    ours.create("TOKEN", CANARY, idempotency_key=KEY)
    ours.grant(idempotency_key="job-8")
    remove_member(actor=Actor.from_user(admin), project_id=project.pk, user_id=member.pk)
    with pytest.raises(NotAMember):
        ours.create("TOKEN", CANARY, idempotency_key=KEY)
    with pytest.raises(NotAMember):
        ours.grant(idempotency_key="job-8")


def test_keys_of_others_and_of_the_api_are_their_own(member: Any, stranger: Any, api: Api) -> None:
    made = [secrets_for(user).create("TOKEN", CANARY, idempotency_key=KEY).id for user in (member, stranger)]
    answer = api(member).post(SECRETS, {"name": "OTHER", "value": CANARY}, Idempotency_Key=KEY)
    assert answer.status_code == 201, answer.content
    assert len({*made, UUID(answer.json()["id"])}) == 3


def test_a_uuid_is_a_key_and_a_malformed_one_is_named(member: Any) -> None:
    mine, key = secrets_for(member), uuid4()
    assert mine.create("TOKEN", CANARY, idempotency_key=key) == mine.create("TOKEN", CANARY, idempotency_key=str(key))
    for malformed in ("", " ", "a b", "é", "x" * 129):
        with pytest.raises(InvalidInput) as refused:
            mine.grant(idempotency_key=malformed)
        assert list(refused.value.message_dict) == ["idempotency_key"]
    assert not TaskGrant.objects.exists()


def test_what_was_refused_is_carried_out_anew(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY)
    with pytest.raises(NameTaken):
        mine.create("TOKEN", CANARY, idempotency_key=KEY)
    mine.delete("TOKEN")
    assert mine.create("TOKEN", CANARY, idempotency_key=KEY).version == 1


def test_a_key_is_forgotten_after_a_day(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY, idempotency_key=KEY)
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert mine.create("LATER", CANARY, idempotency_key=KEY).name == "LATER"


def test_a_rolled_back_transaction_takes_the_key_along(member: Any) -> None:
    mine = secrets_for(member)
    with transaction.atomic():
        rolled_back = mine.create("TOKEN", CANARY, idempotency_key=KEY)
        assert mine.create("TOKEN", CANARY, idempotency_key=KEY) == rolled_back
        transaction.set_rollback(True)
    assert not KeptAnswer.objects.exists()
    assert mine.create("OTHER", CANARY, idempotency_key=KEY).id != rolled_back.id


def test_nothing_kept_holds_the_value_or_its_mask(member: Any) -> None:
    made = secrets_for(member).create("TOKEN", CANARY, idempotency_key=KEY)
    (kept,) = KeptAnswer.objects.values()
    held = f"{kept} {bytes(kept['digest']).hex()}"
    assert (CANARY in held, made.masked_value in held) == (False, False)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_begins_again_returns_what_it_committed(
    member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(OperationalError):
        sqlstate = "40P01"

    storable, failures = kept_answers._storable, [Deadlock()]

    def fail_once(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return storable(*arguments)

    monkeypatch.setattr(kept_answers, "_storable", fail_once)
    made = secrets_for(member).grant(idempotency_key=KEY)
    assert not failures
    assert made.row == TaskGrant.objects.get()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite, transactions of the caller wait in turn.")
def test_a_job_that_is_delivered_twice_makes_one_secret(transactional_db: None) -> None:
    user, together = make_user("member"), Barrier(2)

    # As a caller does whose transactions may be serializable.
    @atomic
    def work() -> UUID:
        return secrets_for(user).create("TOKEN", CANARY, idempotency_key=KEY).id

    def deliver(_: int) -> UUID:
        try:
            together.wait(timeout=300)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        made = set(workers.map(deliver, range(2)))
    assert made == {Secret.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_coroutines_take_a_key(member: Any) -> None:
    async def create() -> Any:
        return await asecrets_for(member).create("TOKEN", CANARY, idempotency_key=KEY)

    assert async_to_sync(create)() == async_to_sync(create)()
