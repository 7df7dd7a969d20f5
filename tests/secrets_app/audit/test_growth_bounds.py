"""The daily bounds on what a user stores, and the reserve of storage: what is refused then, and what never is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from neo_base.access.actors import Actor
from neo_base.audit.catalogue import Bound, catalogue
from projects.actions import create_project, update_project
from projects.models import Project
from secrets_app.actions.secrets import update_secret
from secrets_app.audit import growth, storage
from secrets_app.audit.growth import BYTES_OF_AN_EVENT, DAY, Counts, counts
from secrets_app.errors import StorageLow, StoredTooMuch
from secrets_app.models import AuditEvent, Secret, TaskGrant
from secrets_app.plaintext import Plaintext
from tests.cast import Api, make_secret, make_user
from tests.contract import assert_problem
from tests.secrets_app.task import MakeTask

STORED = 12
BODY = {"name": "NEW", "value": "a new value"}
SECRETS, GRANTS, TOKENS, PROJECTS = (f"/api/v1/{name}" for name in ("secrets", "task-grants", "tokens", "projects"))


NOON = (int(time.time()) // DAY + 0.5) * DAY


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Stop the clock of the counts at noon, since a day that ended during a test would begin them anew.

    Return a function that sets it to some seconds after noon.
    """

    def set_clock(seconds: float) -> None:
        monkeypatch.setattr(growth, "time", SimpleNamespace(time=lambda: NOON + seconds))

    set_clock(0)
    return set_clock


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    cache.clear()
    counts.forget()
    yield
    cache.clear()
    counts.forget()


@pytest.fixture
def limit(settings: Any) -> Callable[..., None]:
    """Return a function that sets settings of the app."""

    def set_limit(**limits: Any) -> None:
        settings.SECRETS_APP = settings.SECRETS_APP | {name.upper(): value for name, value in limits.items()}

    return set_limit


@pytest.fixture
def at_bound(limit: Callable[..., None]) -> Callable[[], None]:
    """Return a function after which a user who has called `store` may store nothing more."""
    return lambda: limit(max_bytes_per_user_and_day=STORED * BYTES_OF_AN_EVENT)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after which storage is nearly full, on both databases."""

    def use_up() -> None:
        monkeypatch.setattr("secrets_app.audit.growth.require_reserve", refuse)

    def refuse() -> None:
        raise StorageLow()

    return use_up


class NotSerialized(Exception):
    """Stands for the driver's error."""

    sqlstate = "40001"


def raise_first(left: list[Exception]) -> None:
    """Raise the next of these errors, if one is left."""
    for error in left:
        left.remove(error)
        raise error


def store(api: Api, user: Any) -> None:
    client = api(user)
    for each in range(STORED):
        assert client.post(SECRETS, {"name": f"S{each}", "value": "v"}).status_code == 201


# What is refused


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SECRETS, BODY),
        (f"{SECRETS}/batch", {"secrets": [BODY]}),
        (GRANTS, {}),
        (TOKENS, {"name": "CI", "scopes": ["secrets:read"]}),
        (PROJECTS, {}),
    ],
    ids=["secret", "batch", "grant", "token", "project"],
)
def test_nothing_is_stored_at_the_bound(
    api: Api, member: Any, at_bound: Callable[[], None], path: str, body: Any
) -> None:
    store(api, member)
    at_bound()
    client = api(member)
    before = AuditEvent.objects.count(), Secret.objects.count(), TaskGrant.objects.count(), Project.objects.count()
    answer = client.post(path, body)
    assert_problem(answer, 429, "stored_too_much")
    assert 0 < int(answer.headers["Retry-After"]) <= DAY
    assert "deleting still work" in answer.json()["detail"]
    after = AuditEvent.objects.count(), Secret.objects.count(), TaskGrant.objects.count(), Project.objects.count()
    assert after == before


def test_changes_are_refused_and_other_users_are_not(
    api: Api, member: Any, admin: Any, at_bound: Callable[[], None]
) -> None:
    store(api, member)
    at_bound()
    secret = Secret.objects.get(name="S0")
    assert_problem(api(member).patch(f"{SECRETS}/{secret.id}", {"value": "w"}), 429, "stored_too_much")
    secret.refresh_from_db()
    assert secret.version == 1
    assert api(admin).post(SECRETS, BODY).status_code == 201


def test_next_day_begins_anew(
    api: Api, member: Any, at_bound: Callable[[], None], noon: Callable[[float], None]
) -> None:
    store(api, member)
    at_bound()
    assert api(member).post(SECRETS, BODY).status_code == 429
    noon(DAY)
    assert api(member).post(SECRETS, BODY).status_code == 201


# What is not


def test_reading_and_ending_go_on_at_the_bound(
    api: Api, member: Any, project: Project, make_task: MakeTask, at_bound: Callable[[], None]
) -> None:
    secret = make_secret(member, name="A")
    task, client = make_task(member, "A"), api(member)
    token = client.post(TOKENS, {"name": "CI", "scopes": ["secrets:read"]}).json()
    store(api, member)
    at_bound()
    assert client.post(SECRETS, BODY).status_code == 429
    for _ in range(3):
        assert set(task.environment()) == {"A"}
    assert client.get(SECRETS).status_code == 200
    assert client.delete(f"{TOKENS}/{token['id']}").status_code == 204
    assert client.delete(f"{GRANTS}/{task.id}").status_code == 204
    assert client.delete(f"{SECRETS}/{secret.id}").status_code == 204
    assert client.delete("/api/v1/remembered-secrets").status_code == 204
    assert client.post("/api/v1/auth/sign-out-everywhere", {}).status_code == 200


def test_environments_have_a_bound_of_their_own(member: Any, make_task: MakeTask, limit: Callable[..., None]) -> None:
    make_secret(member, name="A")
    task = make_task(member, "A")
    limit(max_bytes_per_user_and_day=3 * BYTES_OF_AN_EVENT)
    answers = [task.fetch() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert_problem(answers[-1], 429, "stored_too_much")
    assert TaskGrant.objects.get().uses == AuditEvent.objects.filter(event="environment.exposed").count() == 3


def test_no_end_or_deletion_is_bounded() -> None:
    ending = {name for name in catalogue if name.rpartition(".")[2] in ("deleted", "revoked", "removed", "ended")}
    unbounded = {name for name in ending if catalogue.named(name).bound is Bound.NONE}
    # An operator deletes users in the admin: counted as use, which nothing that is stored takes away.
    assert ending - unbounded == {"user.deleted"}
    assert catalogue.named("user.deleted").bound is Bound.USE


def test_system_has_no_bound(db: None, limit: Callable[..., None]) -> None:
    limit(max_bytes_per_user_and_day=1)
    assert create_project(actor=Actor.system()).pk


def test_without_a_limit_nothing_is_counted(api: Api, member: Any, limit: Callable[..., None]) -> None:
    limit(max_bytes_per_user_and_day=None)
    store(api, member)
    limit(max_bytes_per_user_and_day=BYTES_OF_AN_EVENT + 100)
    assert api(member).post(SECRETS, BODY).status_code == 201


# What counts


def used(user: Any, act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return what `act` counts for the user."""
    sizes: list[int] = []
    original = Counts.add

    def add(self: Counts, user_id: str, bound: Bound, size: int, most: int) -> None:
        assert user_id == str(user.pk)
        sizes.append(size)
        original(self, user_id, bound, size, most)

    with monkeypatch.context() as patched:
        patched.setattr(Counts, "add", add)
        act()
    return sum(sizes)


def test_large_contents_count_with_their_size(
    member: Any, admin: Any, project: Project, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_member, by_admin = Actor.from_user(member), Actor.from_user(admin)
    secret = make_secret(member, name="A")
    value = Plaintext("x" * 9_000)
    text = {"settings_md": "y" * 30_000}
    acts: list[tuple[Any, Callable[[], Any], int]] = [
        (member, lambda: update_secret(actor=by_member, secret_id=secret.id, value=value), 9_000),
        (member, lambda: update_secret(actor=by_member, secret_id=secret.id, changes={"description": "z" * 400}), 400),
        (admin, lambda: update_project(actor=by_admin, project_id=project.id, changes=text), 30_000),
        (member, lambda: make_task(member, "A"), 100),
    ]
    for user, act, least in acts:
        assert used(user, act, monkeypatch) >= BYTES_OF_AN_EVENT + least


def test_known_set_counts_as_no_new_one(member: Any, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_secret(member, name="A")
    make_task(member, "A")
    assert used(member, lambda: make_task(member, "A"), monkeypatch) == BYTES_OF_AN_EVENT


def test_counting_costs_no_statement(member: Any) -> None:
    with CaptureQueriesContext(connection) as captured:
        counts.add(str(member.pk), Bound.GROWTH, 1_000, 1_000_000)
    assert len(captured) == 0


# Several processes


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [0, 2])
def test_a_transaction_that_begins_again_counts_once(
    failures: int, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(max_bytes_per_user_and_day=5 * BYTES_OF_AN_EVENT // 2)
    actor = Actor.from_user(make_user("writer"))
    left: list[Exception] = [OperationalError() for _ in range(failures)]
    for error in left:
        error.__cause__ = NotSerialized()
    monkeypatch.setattr("projects.actions.announce", lambda *_, **__: raise_first(left))
    create_project(actor=actor)
    # One more fits, as after one that was made at once; a third does not.
    create_project(actor=actor)
    with pytest.raises(StoredTooMuch):
        create_project(actor=actor)
    assert Project.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_counts_nothing(limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    limit(max_bytes_per_user_and_day=3 * BYTES_OF_AN_EVENT // 2)
    actor = Actor.from_user(make_user("writer"))
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("projects.actions.announce", lambda *_, **__: raise_first([RuntimeError()]))
        create_project(actor=actor)
    assert create_project(actor=actor).pk
    assert Project.objects.count() == 1


def test_processes_count_together(db: None, django_capture_on_commit_callbacks: Any) -> None:
    one, other = Counts(), Counts()
    for _ in range(5):
        with django_capture_on_commit_callbacks(execute=True):
            one.add("7", Bound.GROWTH, 100, 1_000)
    with django_capture_on_commit_callbacks(execute=True):
        other.add("7", Bound.GROWTH, 500, 1_000)
    with pytest.raises(StoredTooMuch):
        other.add("7", Bound.GROWTH, 1, 1_000)
    with django_capture_on_commit_callbacks(execute=True):
        one.add("7", Bound.GROWTH, 100, 1_000)
    with pytest.raises(StoredTooMuch):
        one.add("7", Bound.GROWTH, 1, 1_000)
    one.add("7", Bound.USE, 1_000, 1_000)
    one.add("8", Bound.GROWTH, 1_000, 1_000)


def test_small_counts_are_shared_after_a_minute(
    db: None, noon: Callable[[float], None], django_capture_on_commit_callbacks: Any
) -> None:
    one = Counts()
    one.add("7", Bound.GROWTH, 5, 1_000)
    noon(61)
    with django_capture_on_commit_callbacks(execute=True):
        one.add("7", Bound.GROWTH, 5, 1_000)
    with pytest.raises(StoredTooMuch):
        Counts().add("7", Bound.GROWTH, 991, 1_000)


class Broken:
    """A cache that does not answer."""

    def get(self, *_: Any) -> Any:
        raise ConnectionError

    def add(self, *_: Any, **__: Any) -> Any:
        raise ConnectionError


def test_broken_cache_counts_in_the_process(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    monkeypatch.setattr(growth, "cache", Broken())
    one = Counts()
    with django_capture_on_commit_callbacks(execute=True):
        one.add("7", Bound.GROWTH, 900, 1_000)
    with pytest.raises(StoredTooMuch):
        one.add("7", Bound.GROWTH, 200, 1_000)
    assert "growth.uncounted" in caplog.text


# The reserve of storage


def test_nothing_is_stored_in_the_reserve(api: Api, member: Any, make_task: MakeTask, low: Callable[[], None]) -> None:
    secret = make_secret(member, name="A")
    task, client = make_task(member, "A"), api(member)
    low()
    answer = client.post(SECRETS, BODY)
    assert_problem(answer, 503, "storage_low")
    assert "Retry-After" in answer.headers
    assert_problem(client.post(GRANTS, {}), 503, "storage_low")
    assert set(task.environment()) == {"A"}
    assert client.delete(f"{GRANTS}/{task.id}").status_code == 204
    assert client.delete(f"{SECRETS}/{secret.id}").status_code == 204


def test_reserve_of_sqlite_is_free_space(
    db: None, monkeypatch: pytest.MonkeyPatch, limit: Callable[..., None], tmp_path: Any
) -> None:
    free = shutil.disk_usage(tmp_path).free
    file = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": tmp_path / "db.sqlite3"})
    monkeypatch.setattr(storage, "connection", file)
    limit(min_free_bytes=free // 2)
    storage.require_reserve()
    limit(min_free_bytes=2 * free + 1)
    with pytest.raises(StorageLow):
        storage.require_reserve()
    file.settings_dict["NAME"] = "file:memorydb_default?mode=memory&cache=shared"
    limit(min_free_bytes=1)
    storage.require_reserve()


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_reserve_of_postgresql_is_the_size_of_the_database(
    db: None, monkeypatch: pytest.MonkeyPatch, limit: Callable[..., None]
) -> None:
    monkeypatch.setattr(storage, "_measured", {})
    limit(max_database_bytes=None)
    with CaptureQueriesContext(connection) as captured:
        storage.require_reserve()
        assert len(captured) == 0
        limit(max_database_bytes=10**15)
        storage.require_reserve()
        storage.require_reserve()
        assert len(captured) == 1
    limit(max_database_bytes=1)
    with pytest.raises(StorageLow):
        storage.require_reserve()
