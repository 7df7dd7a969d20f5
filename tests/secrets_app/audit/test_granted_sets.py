"""Granted sets: stored once, named by grants and exposures, verified, deleted with the last event that names them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.actions import delete_project
from projects.models import Project
from secrets_app.actions.grants import GrantRequest, create_grant, delete_ended
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.audit import granted_sets, set_index
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.audit.export import lines
from secrets_app.audit.granted_sets import delete_unused, stored_set
from secrets_app.audit.pruning import prune
from secrets_app.audit.verification import verify
from secrets_app.models import AuditBlock, AuditEvent, ExposedSecret, GrantedSecret, GrantedSet, SetMember, TaskGrant
from secrets_app.models.granted_set import Content, Damaged, Granted
from secrets_app.plaintext import Plaintext
from secrets_app.tasks.selection import SelectedName
from tests.cast import Api, make_secret
from tests.secrets_app.task import MakeTask, Task, as_rows

GIVEN = [Granted(UUID(int=number), f"NAME_{number}", "personal", number, "selected", True) for number in (1, 2)]
OMITTED = [{"name": "OTHER", "owner": "project", "secret_id": str(UUID(int=3)), "reason": "shadowed"}]


def exposures() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event="environment.exposed").order_by("id"))


def uses_of(api: Api, user: Any, secret: Any) -> list[int]:
    answer = api(user).get(f"/api/v1/secrets/{secret.id}/uses").json()
    return [use["version"] for use in answer["results"]]


# What is stored


def test_content_survives_storing() -> None:
    content = Content(GIVEN, OMITTED)
    row = GrantedSet.of(content)
    assert row.held == content
    assert len(row.content) < len(content.encoded())


@pytest.mark.parametrize("name", ["NAME", "N\u00c4ME", "\U0001f511"])
def test_a_set_is_encoded_as_json_of_the_standard_library_does(name: str) -> None:
    given = [[str(each.secret_id), name, *each[2:]] for each in GIVEN]
    content = Content([each._replace(name=name) for each in GIVEN], OMITTED)
    assert content.encoded() == json.dumps([given, OMITTED], sort_keys=True, separators=(",", ":")).encode()
    assert Content.of_json(json.loads(content.encoded())) == content


@pytest.mark.parametrize("stored", [b"", b"no zlib", GrantedSet.of(Content(GIVEN[:1], [])).content], ids=range(3))
def test_altered_content_is_never_returned(stored: bytes) -> None:
    row = GrantedSet.of(Content(GIVEN, OMITTED))
    row.content = stored
    with pytest.raises(Damaged):
        _ = row.held


def test_same_content_is_stored_once(db: None) -> None:
    rows = [stored_set(Content(GIVEN, OMITTED)) for _ in range(2)]
    assert rows[0] == rows[1] == GrantedSet.objects.get()
    assert set(SetMember.objects.values_list("pk", flat=True)) == {(each.secret_id, rows[0].pk) for each in GIVEN}


def test_second_grant_of_the_same_secrets_stores_no_set(member: Any) -> None:
    make_secret(member, name="A")
    wanted = GrantRequest(secrets=[SelectedName("A")])
    first, second = (create_grant(actor=Actor.from_user(member), grant_request=wanted).row for _ in range(2))
    assert first.granted_set == second.granted_set == GrantedSet.objects.get()


def test_exposure_names_the_set_of_its_grant(member: Any, make_task: MakeTask) -> None:
    make_secret(member, name="A")
    task = make_task(member, "A")
    task.environment()
    task.environment()
    granted_set = TaskGrant.objects.get().granted_set
    assert granted_set is not None
    digest = granted_set.hexdigest
    assert [event.data for event in exposures()] == [{"set": digest, "use": use} for use in (1, 2)]
    assert {event.granted_set_id for event in exposures()} == {granted_set.pk}
    assert ExposedSecret.objects.count() == GrantedSecret.objects.count() == 0


# Who used a secret, and when


def test_latest_exposures_name_the_versions_that_left(api: Api, member: Any, make_task: MakeTask) -> None:
    secret, same = make_secret(member, name="A"), make_secret(member, name="B")
    task = make_task(member, "A", "B", latest=True)
    for number in range(3):
        task.environment()
        update_secret(actor=Actor.from_user(member), secret_id=secret.id, value=Plaintext(f"value {number}"))
    assert uses_of(api, member, secret) == [3, 2, 1]
    assert uses_of(api, member, same) == [1, 1, 1]
    assert GrantedSet.objects.count() == 3
    assert verify().is_clean


def test_secret_that_a_task_made_has_its_uses(api: Api, member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member, name="A")
    task = make_task(member, "A", scopes=["secrets:create"])
    task.environment()
    made = task.create("MADE").json()
    assert set(task.environment()) == {"A", "MADE"}
    assert uses_of(api, member, secret) == [1, 1]
    assert len(api(member).get(f"/api/v1/secrets/{made['id']}/uses").json()["results"]) == 1
    assert verify().is_clean


def test_uses_of_both_forms_are_one_list_in_pages(api: Api, member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member, name="A")
    task = make_task(member, "A")
    for _ in range(4):
        task.environment()
    for event in exposures()[:3:2]:
        ExposedSecret.objects.create(secret_id=secret.id, event_id=event.id)
        given = {"secrets": [{"id": str(secret.id), "name": "A", "version": 7}], "use": 1}
        writable_events().filter(pk=event.pk).update(granted_set_id=None, data=given)
    client, found = api(member), []
    address: str | None = f"/api/v1/secrets/{secret.id}/uses?limit=1"
    while address is not None:
        page = client.get(address.removeprefix("http://testserver")).json()
        found += [use["version"] for use in page["results"]]
        address = page["next"]
    assert found == [1, 7, 1, 7]
    asked = client.get(f"/api/v1/audit?secret_id={secret.id}&event=environment.exposed").json()["results"]
    assert [row["data"]["secrets"][0]["version"] for row in asked] == found


def test_uses_are_asked_in_one_indexed_statement(member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member, name="A")
    make_task(member, "A").environment()
    with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
        assert len(AuditEvent.objects.uses_of(secret.id)[:10]) == 1
        plan = plan_of(cursor, captured.captured_queries[0]["sql"])
    assert len(captured) == 1 + len(SETTINGS[connection.vendor]) + 1
    assert "secrets_audit_set" in plan
    assert INDEX_OF_MEMBERS[connection.vendor] in plan
    assert "secrets_exposed_secret" in plan


# Small tables are read whole; the plan for large ones is asked for.
SETTINGS = {"postgresql": ["SET LOCAL enable_seqscan = off"], "sqlite": []}
EXPLAIN = {"postgresql": "EXPLAIN ", "sqlite": "EXPLAIN QUERY PLAN "}
INDEX_OF_MEMBERS = {"postgresql": "secrets_app_setmember_pkey", "sqlite": "sqlite_autoindex_secrets_app_setmember_1"}


def plan_of(cursor: Any, statement: str) -> str:
    for setting in SETTINGS[connection.vendor]:
        cursor.execute(setting)
    cursor.execute(EXPLAIN[connection.vendor] + statement)
    return "\n".join(str(row) for row in cursor.fetchall())


# What readers see


def test_audit_shows_names_and_export_the_digest_too(api: Api, member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member, name="A")
    make_task(member, "A").environment()
    shown = api(member).get("/api/v1/audit?event=environment.exposed").json()["results"][0]["data"]
    named = [{"id": str(secret.id), "name": "A", "version": 1}]
    assert shown == {"secrets": named, "use": 1}
    exported = next(line for line in lines() if "environment.exposed" in line)
    assert f'"set":"{GrantedSet.objects.get().hexdigest}"' in exported
    assert '"name":"A"' in exported


def test_missing_set_is_no_error_for_readers(api: Api, member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member, name="A")
    task = make_task(member, "A")
    task.environment()
    GrantedSet.objects.update(content=b"")
    client = api(member)
    assert client.get(f"/api/v1/secrets/{secret.id}/uses").json()["results"] == []
    assert "set" in client.get("/api/v1/audit?event=environment.exposed").json()["results"][0]["data"]
    assert client.get("/api/v1/task-grants").json()["results"][0]["secrets"] == []
    assert (task.fetch().status_code, TaskGrant.objects.get().uses) == (401, 1)


def test_deleted_secret_keeps_its_name_without_id(api: Api, member: Any, make_task: MakeTask) -> None:
    kept, gone = make_secret(member, name="A"), make_secret(member, name="B")
    task = make_task(member, "A", "B")
    delete_secret(actor=Actor.from_user(member), secret_id=gone.id)
    shown = api(member).get(f"/api/v1/task-grants/{task.id}").json()["secrets"]
    assert [(each["name"], each["secret_id"]) for each in shown] == [("A", str(kept.id)), ("B", None)]


# Grants that are older than granted sets


@pytest.fixture
def old_task(member: Any, make_task: MakeTask) -> Task:
    make_secret(member, name="A", value="first value")
    make_secret(member, name="B")
    task = make_task(member, "A", "B")
    as_rows(task.id)
    return task


def test_old_grant_gives_and_shows_its_secrets(api: Api, member: Any, old_task: Task) -> None:
    secret = TaskGrant.objects.get().granted.get(name="A").secret
    assert secret is not None
    update_secret(actor=Actor.from_user(member), secret_id=secret.id, value=Plaintext("second value"))
    assert old_task.environment()["A"] == "first value"
    shown = api(member).get("/api/v1/task-grants").json()["results"][0]["secrets"]
    assert [(each["name"], each["version"]) for each in shown] == [("A", 1), ("B", 1)]
    assert uses_of(api, member, secret) == [1]
    assert verify().is_clean


def test_old_grant_misses_its_deleted_secret(member: Any, old_task: Task) -> None:
    secret = TaskGrant.objects.get().granted.get(name="A").secret
    assert secret is not None
    delete_secret(actor=Actor.from_user(member), secret_id=secret.id)
    assert old_task.fetch().json()["code"] == "secret_gone"


@pytest.mark.nightly
@pytest.mark.django_db(transaction=True)
def test_back_and_forth_keeps_grants_and_what_events_name(api: Api, member: Any, make_task: MakeTask) -> None:
    secret, gone = make_secret(member, name="A"), make_secret(member, name="GONE")
    task, broken = make_task(member, "A"), make_task(member, "GONE")
    task.environment()
    delete_secret(actor=Actor.from_user(member), secret_id=gone.id)
    try:
        MigrationExecutor(connection).migrate([("secrets_app", "0013_risky_names")])
    finally:
        call_command("migrate", verbosity=0)
    assert set(GrantedSecret.objects.values_list("name", "secret_id")) == {("A", secret.id), ("GONE", None)}
    assert set(task.environment()) == {"A"}
    assert broken.fetch().json()["code"] == "secret_gone"
    assert uses_of(api, member, secret) == [1, 1]
    assert verify().is_clean


# Verification


@pytest.fixture(params=[1, 1_000], ids=lambda chunk: f"{chunk} at once")
def named(request: pytest.FixtureRequest, member: Any, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sets, of two secrets and of one, each named by a grant and an exposure."""
    monkeypatch.setattr(set_index, "CHUNK", request.param)
    for name in ("A", "B"):
        make_secret(member, name=name)
    make_task(member, "A", "B").environment()
    make_task(member, "A").environment()
    assert verify().is_clean


def first() -> GrantedSet:
    return GrantedSet.objects.order_by("id")[0]


def other_content() -> Any:
    return GrantedSet.of(Content(GIVEN, []))


def forge() -> None:
    """Replace content and digest together, and the index with them."""
    SetMember.objects.filter(granted_set_id=first().pk).delete()
    SetMember.objects.bulk_create(
        SetMember(secret_id=each, granted_set_id=first().pk) for each in Content(GIVEN, []).ids
    )
    GrantedSet.objects.filter(pk=first().pk).update(digest=other_content().digest, content=other_content().content)


# What was done, how many findings that makes of what was altered and what is missing, and how the first begins
TAMPERING: dict[str, tuple[Callable[[], Any], tuple[int, int], str]] = {
    "content altered": (lambda: GrantedSet.objects.update(content=other_content().content), (2, 0), "granted set "),
    "content destroyed": (lambda: GrantedSet.objects.filter(pk=first().pk).update(content=b""), (1, 0), "granted set "),
    "set forged with its index": (forge, (0, 2), "audit event "),
    "set deleted": (lambda: GrantedSet.objects.filter(pk=first().pk)._raw_delete("default"), (0, 4), "audit event "),
    "all sets deleted": (lambda: GrantedSet.objects.all()._raw_delete("default"), (0, 7), "audit event "),
    "exposure taken off its set": (
        lambda: writable_events().filter(pk=exposures()[0].pk).update(granted_set_id=None), (0, 1), "audit event ",
    ),
    "exposure moved to another set": (
        lambda: writable_events().filter(pk=exposures()[1].pk).update(granted_set_id=first().pk),
        (0, 1), "audit event ",
    ),
    "index row removed": (
        lambda: SetMember.objects.filter(granted_set_id=first().pk)[:1].get().delete(), (0, 1), "missing index row",
    ),
    "index emptied": (lambda: SetMember.objects.all().delete(), (0, 3), "missing index row"),
    "index row added": (
        lambda: SetMember.objects.create(secret_id=uuid4(), granted_set_id=first().pk), (0, 1), "unexpected index row",
    ),
    "index row of no set added": (
        lambda: SetMember.objects.create(secret_id=uuid4(), granted_set_id=0), (0, 1), "unexpected index row",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tamper", "counts", "says"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_with_sets_is_found(
    tamper: Callable[[], Any], counts: tuple[int, int], says: str, named: None
) -> None:
    with connection.constraint_checks_disabled():
        tamper()
        report = verify()
        TaskGrant.objects.update(granted_set=None)
    assert (report.altered.count, report.missing.count) == counts
    assert (report.altered.shown + report.missing.shown)[0].startswith(says)


def test_edited_event_is_altered_and_crashes_nothing(named: None) -> None:
    for event, data in zip(exposures(), ([], {"set": 7}), strict=True):
        writable_events().filter(pk=event.pk).update(data=data)
    report = verify()
    assert report.altered.count == 2
    assert report.missing.count == 2


def test_sets_stored_or_deleted_meanwhile_are_no_finding(named: None, monkeypatch: pytest.MonkeyPatch) -> None:
    original, before = set_index._check_set, timezone.now() + timedelta(hours=1)
    chain_events()
    meanwhile: list[Callable[[], Any]] = [
        lambda: stored_set(Content(GIVEN, [])),
        lambda: (TaskGrant.objects.all().delete(), prune(actor=Actor.system(), before=before)),
    ]

    def busy(*arguments: Any) -> int:
        if meanwhile:
            meanwhile.pop()()
        return original(*arguments)

    monkeypatch.setattr(set_index, "_check_set", busy)
    found: list[str] = []
    set_index.check_sets(found.append, found.append)
    assert (found, meanwhile) == ([], [])


# Deletion


def test_set_stays_until_nothing_names_it(member: Any, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granted_sets, "SETS_AT_ONCE", 1)
    make_secret(member, name="A")
    make_task(member, "A").environment()
    make_task(member)
    TaskGrant.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert delete_unused() == 0
    assert delete_ended(actor=Actor.system(), before=timezone.now()) == 2
    assert GrantedSet.objects.count() == 2
    chain_events()
    prune(actor=Actor.system(), before=AuditBlock.objects.get().chained_at)
    assert (GrantedSet.objects.count(), SetMember.objects.count()) == (0, 0)
    assert verify().is_clean


def test_set_of_a_live_grant_survives_pruning(member: Any, make_task: MakeTask) -> None:
    make_secret(member, name="A")
    task = make_task(member, "A")
    chain_events()
    prune(actor=Actor.system(), before=AuditBlock.objects.get().chained_at)
    assert set(task.environment()) == {"A"}
    assert verify().is_clean


def test_damaged_set_is_deleted_with_its_index(db: None) -> None:
    stored_set(Content(GIVEN, OMITTED))
    GrantedSet.objects.update(content=b"")
    assert delete_unused() == 1
    assert SetMember.objects.count() == 0


def test_deleted_project_and_user_leave_what_events_name(
    member: Any, admin: Any, project: Project, make_task: MakeTask
) -> None:
    make_secret(member, name="A", project_id=project.id)
    make_task(member, "A", project_id=project.id).environment()
    delete_project(actor=Actor.from_user(admin), project_id=project.id)
    member.delete()
    assert (TaskGrant.objects.count(), GrantedSet.objects.count()) == (0, 1)
    assert verify().is_clean
