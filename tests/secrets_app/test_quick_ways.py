"""The quick ways on PostgreSQL: how many statements they take, which indexes they use, and when they give up."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from neo_base.access.actors import Actor, Credential, Origin
from neo_base.access.errors import RefusedByProject
from neo_base.access.roles import Role
from projects.models import Membership, Project
from secrets_app.actions import creation, environments, grants
from secrets_app.actions.creation import Draft, create_secrets
from secrets_app.actions.environments import open_environment
from secrets_app.actions.secrets import update_secret
from secrets_app.audit.verification import verify
from secrets_app.conf import membership_policy_path
from secrets_app.errors import InvalidTaskToken, NameTaken, SignInEnded, TooManyGrants
from secrets_app.models import AuditEvent, DataKey, EndedCredential, GrantedSet, Secret, TaskGrant
from secrets_app.models.secret import QuarantineReason
from secrets_app.models.task_grant import OwnerKind
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.tasks import candidates
from secrets_app.tasks.candidates import _compiled
from secrets_app.tasks.selection import SelectedName
from tests.cast import CANARY, Api, make_project, make_secret
from tests.secrets_app.conftest import Ways
from tests.secrets_app.task import MakeTask, Task

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no quick way.")

SECRETS = "/api/v1/secrets"
BATCH = f"{SECRETS}/batch"
GRANTS = "/api/v1/task-grants"
PAST, FUTURE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
# PostgreSQL plans with the values five times, before it compares that with a plan for all of them.
PLANS_BEFORE_KEEPING = 5


def statements_of(act: Callable[[], Any]) -> list[str]:
    """Return the statements of `act`, but what the transaction around the test makes of the limits of others."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [query["sql"] for query in captured if not re.match("SAVEPOINT|RELEASE SAVEPOINT", query["sql"])]


def drafts(project: Project, *names: str) -> list[Draft]:
    owner = Owner(project_id=project.pk)
    return [Draft(owner, name, Plaintext(f"the value of {name}")) for name in names]


class TestCreating:
    def test_any_number_of_secrets_takes_one_statement(
        self, member: Any, project: Project, ways: Ways, django_capture_on_commit_callbacks: Any
    ) -> None:
        actor = Actor.from_user(member)
        with django_capture_on_commit_callbacks(execute=True):
            create_secrets(actor=actor, drafts=drafts(project, "FIRST"))
        one, fifty = drafts(project, "A"), drafts(project, *(f"N{number}" for number in range(50)))
        assert len(statements_of(lambda: create_secrets(actor=actor, drafts=one))) == 1
        assert len(statements_of(lambda: create_secrets(actor=actor, drafts=fifty))) == 1
        assert ways[1:] == [("create", True)] * 2
        assert AuditEvent.objects.filter(event="secret.created").count() == Secret.objects.count() == 52

    def test_requests_take_few_statements(
        self, api: Api, member: Any, project: Project, ways: Ways, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            make_secret(member, project_id=project.pk)
        client, body = api(member), {"value": "a value", "project_id": str(project.pk)}
        client.post(SECRETS, {"name": "WARM", **body})
        one = statements_of(lambda: client.post(SECRETS, {"name": "A", **body}))
        many = {"secrets": [{"name": f"N{number}", **body} for number in range(50)]}
        fifty = statements_of(lambda: client.post(BATCH, many))
        # The session with its user and their role, and what is written.
        assert (len(one), len(fifty)) == (2, 2)
        assert ways[1:] == [("create", True)] * 3

    def test_the_statement_keeps_its_plan_whoever_has_many_secrets(
        self, member: Any, project: Project, settings: Any
    ) -> None:
        settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 10_000}
        actor, many = Actor.from_user(member), make_project(member)
        create_secrets(actor=actor, drafts=drafts(many, *(f"N{number}" for number in range(2_000))))
        create_secrets(actor=actor, drafts=drafts(project, "FIRST"))
        analyze(Secret)
        for number in range(12):
            create_secrets(actor=actor, drafts=drafts(project, f"N{number}"))
        assert plans_with_values("%WITH held AS%") == [PLANS_BEFORE_KEEPING]

    @pytest.mark.parametrize("of_project", [True, False])
    def test_the_statement_reads_by_indexes(self, db: None, of_project: bool) -> None:
        assert sequential_scans(creation._creation(of_project=of_project)) == []

    def test_a_taken_name_is_refused_by_the_plain_way(self, member: Any, project: Project, ways: Ways) -> None:
        make_secret(member, name="A", project_id=project.pk)
        with pytest.raises(NameTaken):
            create_secrets(actor=Actor.from_user(member), drafts=drafts(project, "B", "A"))
        assert ways == [("create", False)] * 2
        assert [secret.name for secret in Secret.objects.all()] == ["A"]
        assert AuditEvent.objects.filter(event="secret.created").count() == 1

    def test_a_retired_key_seals_nothing_any_more(self, member: Any, project: Project, ways: Ways) -> None:
        retired = make_secret(member, project_id=project.pk).data_key_id
        DataKey.objects.filter(pk=retired).update(state=DataKey.State.RETIRING)
        make_secret(member, name="A", project_id=project.pk)
        make_secret(member, name="B", project_id=project.pk)
        assert Secret.objects.filter(data_key=retired).count() == 1
        assert ways == [("create", False), ("create", False), ("create", True)]

    def test_near_the_limit_the_plain_way_counts(
        self, member: Any, project: Project, ways: Ways, settings: Any
    ) -> None:
        make_secret(member, project_id=project.pk)
        settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 201}
        make_secret(member, name="A", project_id=project.pk)
        settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 203}
        make_secret(member, name="B", project_id=project.pk)
        assert ways == [("create", False), ("create", False), ("create", True)]

    def test_a_lease_is_booked_before_it_is_used_up(self, member: Any, project: Project, ways: Ways) -> None:
        key = make_secret(member, project_id=project.pk).data_key_id
        for number in range(12):
            create_secrets(
                actor=Actor.from_user(member), drafts=drafts(project, *(f"N{number}_{each}" for each in range(50)))
            )
        assert DataKey.objects.get(pk=key).seals >= 2 * Secret.objects.count()
        assert set(ways[1:]) == {("create", True)}


class TestEnvironments:
    @pytest.fixture
    def task(self, member: Any, project: Project, make_task: MakeTask) -> Task:
        create_secrets(actor=Actor.from_user(member), drafts=drafts(project, *(f"N{number}" for number in range(50))))
        return make_task(member, *(f"N{number}" for number in range(50)), project_id=project.pk)

    def test_it_takes_three_statements(self, task: Task, ways: Ways) -> None:
        task.environment()
        Secret.objects.update(last_used_at=None)
        found = statements_of(task.environment)
        # The grant with its user, set and role, the secrets, and what is written.
        assert len(found) == 3
        assert ways[-2:] == [("environment", True)] * 2
        assert not Secret.objects.filter(last_used_at=None).exists()
        uses = [event.data["use"] for event in AuditEvent.objects.filter(event="environment.exposed").order_by("id")]
        assert uses == [1, 2]
        assert (TaskGrant.objects.get().uses, verify().is_clean) == (2, True)

    @pytest.mark.parametrize("notes_use", [True, False])
    def test_the_statement_reads_by_indexes(self, db: None, notes_use: bool) -> None:
        assert sequential_scans(environments._exposing(notes_use=notes_use)) == []

    def test_the_statement_of_a_frequent_task_keeps_its_plan(self, task: Task) -> None:
        for _ in range(12):
            task.environment()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT custom_plans, generic_plans FROM pg_prepared_statements "
                "WHERE statement LIKE '%taken AS (%' AND statement NOT LIKE '%stale AS (%' AND statement LIKE '%uses%'"
            )
            ((custom, generic),) = cursor.fetchall()
        assert (custom, generic > 0) == (PLANS_BEFORE_KEEPING, True)

    @pytest.mark.parametrize(
        ("meanwhile", "uses"),
        [
            ({"uses": 1}, [2]),
            ({"revoked_at": PAST}, []),
            ({"expires_at": PAST}, []),
            ({"max_uses": 0}, []),
        ],
    )
    def test_a_grant_that_changed_meanwhile_exposes_nothing_quickly(
        self, task: Task, ways: Ways, meanwhile: dict[str, Any], uses: list[int]
    ) -> None:
        grant = TaskGrant.objects.select_related("user", "granted_set").get()
        TaskGrant.objects.update(**meanwhile)
        actor = Actor.from_user(grant.user, limits=grant.limits)
        with suppress(InvalidTaskToken):
            open_environment(actor=actor, grant=grant)
        assert ways[-1] == ("environment", False)
        exposures = AuditEvent.objects.filter(event="environment.exposed")
        assert [event.data["use"] for event in exposures] == uses

    def test_another_set_is_stored_by_the_plain_way(
        self, member: Any, project: Project, make_task: MakeTask, ways: Ways
    ) -> None:
        secret = make_secret(member, name="A", project_id=project.pk)
        task = make_task(member, "A", project_id=project.pk, latest=True)
        assert task.environment() == {"A": CANARY}
        update_secret(actor=Actor.from_user(member), secret_id=secret.pk, value=Plaintext("another value"))
        assert task.environment() == {"A": "another value"}
        assert ways[-2:] == [("environment", True), ("environment", False)]

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "OTHER"},
            {"version": 2},
            {"project": None, "user": "grantor"},
            {"quarantine_reason": QuarantineReason.RISKY_NAME},
            {"expires_at": PAST},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_a_secret_that_is_not_as_granted_leaves_the_plain_way_alone(
        self, member: Any, project: Project, make_task: MakeTask, ways: Ways, change: dict[str, Any]
    ) -> None:
        task = make_task(member, make_secret(member, name="A", project_id=project.pk).name, project_id=project.pk)
        grantor = {name: member for name in change if name == "user"}
        Secret.objects.update(**change | grantor)
        task.fetch()
        assert ways[-1] == ("environment", False)

    @pytest.mark.parametrize("content", [[], [[]], [[[]], []], [["A"], []], [[["no id", "A", "project", 1]], []]])
    def test_an_altered_set_with_its_digest_gives_nothing(
        self, member: Any, project: Project, make_task: MakeTask, ways: Ways, content: Any
    ) -> None:
        task = make_task(member, make_secret(member, name="A", project_id=project.pk).name, project_id=project.pk)
        encoded = json.dumps(content).encode()
        GrantedSet.objects.update(digest=sha256(encoded).digest(), content=zlib.compress(encoded))
        assert task.fetch().status_code == 401
        assert ways[-1] == ("environment", False)


class TestGrants:
    def test_it_takes_few_statements(
        self, api: Api, member: Any, project: Project, ways: Ways, django_capture_on_commit_callbacks: Any
    ) -> None:
        names = [f"N{number}" for number in range(50)]
        create_secrets(actor=Actor.from_user(member), drafts=drafts(project, *names))
        client = api(member)
        body = {"project_id": str(project.pk), "secrets": names}
        client.post(GRANTS, body)
        found = statements_of(lambda: client.post(GRANTS, body))
        # The session with its user and their role; the candidates with the role afresh, and how often something of the
        # user has ended; and what is written. The first grant stored the set of both.
        assert len(found) == 3
        assert [way for way in ways if way[0] == "grant"] == [("grant", False), ("grant", True)]
        assert TaskGrant.objects.count() == AuditEvent.objects.filter(event="grant.created").count() == 2
        assert verify().is_clean

    def test_the_statements_keep_their_plans_though_most_grants_are_over(
        self, member: Any, project: Project, make_task: MakeTask
    ) -> None:
        make_secret(member, name="A", project_id=project.pk)
        make_task(member, "A", project_id=project.pk)
        ended = [TaskGrant(user=member, digest=f"{number}", expires_at=PAST) for number in range(4_000)]
        TaskGrant.objects.bulk_create(ended)
        analyze(TaskGrant, Secret)
        for _ in range(12):
            make_task(member, "A", project_id=project.pk)
        # The candidates, and what is written.
        assert plans_with_values("%promoted_at%", "%room AS%") == [PLANS_BEFORE_KEEPING] * 2

    def test_the_statement_reads_by_indexes(self, db: None) -> None:
        assert sequential_scans(grants._creation()) == []

    def test_at_the_limit_the_plain_way_counts(
        self, member: Any, make_task: MakeTask, ways: Ways, settings: Any
    ) -> None:
        limit = grants.GRANTS_AT_ONCE + 2
        settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_GRANTS_PER_USER": limit}
        make_secret(member, name="A", default_available=True)
        for _ in range(3):
            make_task(member)
        rest = [TaskGrant(user=member, digest=f"{number}", expires_at=FUTURE) for number in range(3, limit)]
        TaskGrant.objects.bulk_create(rest)
        with pytest.raises(TooManyGrants):
            grants.create_grant(actor=Actor.from_user(member), grant_request=grants.GrantRequest())
        assert ways == [("create", False), *(("grant", is_quick) for is_quick in (False, True, False, False))]
        assert TaskGrant.objects.count() == limit

    @pytest.mark.parametrize("lose", [lambda seats: seats.update(role=Role.VIEWER), lambda seats: seats.delete()])
    def test_the_role_is_read_again(
        self, member: Any, project: Project, make_task: MakeTask, ways: Ways, lose: Callable[[Any], Any]
    ) -> None:
        make_secret(member, name="A", project_id=project.pk)
        make_task(member, "A", project_id=project.pk)
        actor = Actor.from_user(member)
        # As if it had been true when the request was authenticated.
        actor.roles[project.pk] = Role.MEMBER
        lose(Membership.objects.filter(user=member))
        with pytest.raises(RefusedByProject):
            grants.create_grant(
                actor=actor,
                grant_request=grants.GrantRequest(project_id=project.pk, secrets=[SelectedName.parse("A")]),
            )
        assert (ways[-1], TaskGrant.objects.count()) == (("grant", False), 1)

    def test_a_session_that_has_ended_grants_nothing(
        self, api: Api, member: Any, project: Project, make_task: MakeTask, ways: Ways
    ) -> None:
        make_secret(member, name="A", project_id=project.pk)
        make_task(member, "A", project_id=project.pk)
        session = Credential("session", str(uuid4()))
        actor = Actor.from_user(member, origin=Origin(credential=session))
        EndedCredential.objects.create(user=member, kind=session.kind, credential_id=session.id)
        request = grants.GrantRequest(project_id=project.pk, secrets=[SelectedName.parse("A")])
        with pytest.raises(SignInEnded):
            grants.create_grant(actor=actor, grant_request=request)
        other = replace(actor, origin=Origin(credential=Credential("session", str(uuid4()))))
        assert grants.create_grant(actor=other, grant_request=request).row.granted_set is not None
        assert ways[-2:] == [("grant", False), ("grant", True)]

    def test_a_user_model_without_passwords_knows_the_plain_way_only(
        self, member: Any, make_task: MakeTask, ways: Ways, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_secret(member, name="A", default_available=True)
        make_task(member)
        monkeypatch.setattr(candidates, "has_password", lambda: False)
        # What was compiled before is dropped, now and after this test.
        settings.SECRETS_APP = {**settings.SECRETS_APP}
        make_task(member)
        assert ways[-1] == ("grant", False)

    def test_what_decides_reads_by_indexes(self, db: None) -> None:
        kinds = ([OwnerKind.PERSONAL], [OwnerKind.PROJECT], [OwnerKind.PERSONAL, OwnerKind.PROJECT])
        found = [_compiled(tuple(sorted(each)), membership_policy_path()) for each in kinds]
        assert [sequential_scans(each.sql) for each in found if each is not None] == [[]] * 3


def analyze(*models: type[Model]) -> None:
    """Let PostgreSQL learn what these tables hold, and forget the statements of this connection."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
        cursor.execute("DEALLOCATE ALL")


def plans_with_values(*patterns: str) -> list[int]:
    """Return how often each statement was planned with its values, of those for which a plan for all values is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custom_plans FROM pg_prepared_statements WHERE generic_plans > 0 AND statement LIKE ANY(%s)",
            [list(patterns)],
        )
        return [plans for (plans,) in cursor.fetchall()]


def sequential_scans(statement: str) -> list[str]:
    """Return the tables that the plan reads from end to end, if it is made without knowing any parameter."""
    numbers = count()
    statement = re.sub("%s", lambda _: f"%(p{next(numbers)})s", statement)
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement)
    with connection.cursor() as cursor:
        # The tables are small, so a scan would be cheap: is there a way without?
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {numbered}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
    return re.findall(r"Seq Scan on (\w+)", plan)
