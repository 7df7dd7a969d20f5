"""The values that a task gets, when it gets none, and what that costs, through POST /api/v1/runtime/environment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.actions import change_role, delete_project, remove_member
from projects.models import Membership, Project
from secrets_app import vault
from secrets_app.actions.creation import Draft, create_secrets
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.models import Secret, SecretVersion, ServiceToken, TaskGrant
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.signals import grant_used
from secrets_app.token_format import TASK_PREFIX, new_token
from tests.cast import Api, ApiClient, make_project, make_secret
from tests.secrets_app.task import ENVIRONMENT, MakeTask, Task, swap

pytestmark = pytest.mark.usefixtures("each_way")

BYTE_EXACT = [
    " leading and trailing ",
    "   ",
    "-----BEGIN KEY-----\r\nAAAA\nBBBB\n-----END KEY-----\n",
    "\u00e9 and e\u0301, \ufb01, \u2028, \x7f, \U0001f511",
    '{"json": "\\"quoted\\" and \\\\"}',
    "\t\x01\x1f",
    "$HOME `id` %PATH% {{$OTHER}}",
    10_000 * "\U0010fffd",
]


def change(user: Any, secret: Secret, value: str | None = None, **changes: Any) -> None:
    """Change the secret as this user."""
    plaintext = None if value is None else Plaintext(value)
    update_secret(actor=Actor.from_user(user), secret_id=secret.id, value=plaintext, changes=changes)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_task_gets_exactly_its_granted_secrets(member: Any, project: Project, make_task: MakeTask) -> None:
    make_secret(member, name="SHARED", value="shared", project_id=project.id, default_available=True)
    make_secret(member, name="CHOSEN", value="chosen", project_id=project.id)
    make_secret(member, name="OTHER", value="other", project_id=project.id)
    make_secret(member, name="MINE", value="mine")
    make_secret(member, name="BOTH", value="the project's", project_id=project.id, default_available=True)
    make_secret(member, name="BOTH", value="the member's")
    assert make_task(member, "CHOSEN", "MINE", "personal:BOTH", project_id=project.id).environment() == {
        "SHARED": "shared",
        "CHOSEN": "chosen",
        "MINE": "mine",
        "BOTH": "the member's",
    }


def test_a_task_without_secrets_gets_an_empty_environment(member: Any, make_task: MakeTask) -> None:
    assert make_task(member).environment() == {}


@pytest.mark.parametrize("value", BYTE_EXACT, ids=range(len(BYTE_EXACT)))
def test_values_come_back_exactly_as_they_were_sent(api: Api, member: Any, make_task: MakeTask, value: str) -> None:
    api(member).post("/api/v1/secrets", {"name": "A", "value": value})
    assert make_task(member, "A").environment() == {"A": value}


def test_the_response_is_not_cached(member: Any, make_task: MakeTask) -> None:
    answer = make_task(member).fetch()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("body", [b'{"a": 1}', b"[]", b'"x"'])
def test_a_request_body_is_refused(member: Any, make_task: MakeTask, body: bytes) -> None:
    task = make_task(member)
    assert ApiClient().post(ENVIRONMENT, body, **task.headers).status_code == 400
    assert TaskGrant.objects.get().uses == 0


class TestVersions:
    def test_a_task_gets_the_versions_of_its_grant(self, member: Any, make_task: MakeTask) -> None:
        changed, same = make_secret(member, name="A", value="first"), make_secret(member, name="B", value="same")
        task = make_task(member, "A", "B")
        for number in range(5):
            change(member, changed, f"later {number}")
        change(member, same, description="Another description")
        assert task.environment() == {"A": "first", "B": "same"}
        assert make_task(member, "A").environment() == {"A": "later 4"}

    def test_a_task_with_latest_gets_the_current_versions(self, member: Any, make_task: MakeTask) -> None:
        secret = make_secret(member, name="A", value="first")
        task = make_task(member, "A", latest=True)
        change(member, secret, "second")
        assert task.environment() == {"A": "second"}

    def test_a_granted_version_that_is_not_kept_is_an_error(
        self, member: Any, make_task: MakeTask, settings: Any
    ) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, "VERSIONS_KEPT": 2}
        secret, other = make_secret(member, name="A", value="first"), make_secret(member, name="B")
        task, latest = make_task(member, "A", "B"), make_task(member, "A", "B", latest=True)
        change(member, secret, "second")
        assert task.environment()["A"] == "first"
        change(member, secret, "third")
        answer = task.fetch()
        assert refusal(answer) == (409, "secret_gone")
        assert answer.json()["errors"] == {"secrets": ["A or its granted version is not available any more."]}
        assert latest.environment()["A"] == "third"
        assert other.former_versions.count() == 0


class TestUnavailableSecrets:
    def test_a_deleted_secret_is_named_and_no_value_is_returned(self, member: Any, make_task: MakeTask) -> None:
        for name in ("A", "B", "C"):
            make_secret(member, name=name)
        task = make_task(member, "A", "B", "C")
        for name in ("C", "A"):
            delete_secret(actor=Actor.from_user(member), secret_id=Secret.objects.get(name=name).id)
        answer = task.fetch()
        assert refusal(answer) == (409, "secret_gone")
        assert answer.json()["errors"] == {
            "secrets": [
                "A or its granted version is not available any more.",
                "C or its granted version is not available any more.",
            ]
        }
        assert TaskGrant.objects.get().uses == 0

    def test_a_new_secret_of_the_same_name_does_not_replace_it(self, member: Any, make_task: MakeTask) -> None:
        secret = make_secret(member, name="A")
        task = make_task(member, "A", latest=True)
        delete_secret(actor=Actor.from_user(member), secret_id=secret.id)
        make_secret(member, name="A", value="the new one")
        assert refusal(task.fetch()) == (409, "secret_gone")

    @pytest.mark.parametrize("columns", [{"name": "RENAMED"}, {"quarantine_reason": "agent"}], ids=str)
    def test_a_changed_owner_or_quarantine_makes_it_unavailable(
        self, member: Any, make_task: MakeTask, columns: dict[str, Any]
    ) -> None:
        make_secret(member, name="A")
        task = make_task(member, "A")
        Secret.objects.update(**columns)
        assert refusal(task.fetch()) == (409, "secret_gone")

    def test_a_secret_that_expires_after_the_grant_is_refused(self, member: Any, make_task: MakeTask) -> None:
        secrets = {name: make_secret(member, name=name) for name in ("A", "B", "C")}
        for name, seconds in (("A", 3600), ("B", 3600)):
            change(member, secrets[name], expires_at=timezone.now() + timedelta(seconds=seconds))
        task = make_task(member, "A", "B", "C")
        assert set(task.environment()) == {"A", "B", "C"}
        Secret.objects.filter(name="B").update(expires_at=timezone.now())
        answer = task.fetch()
        assert refusal(answer) == (409, "secret_expired")
        assert answer.json()["errors"] == {"secrets": ["B has expired."]}
        change(member, secrets["B"], expires_at=None)
        assert set(task.environment()) == {"A", "B", "C"}

    def test_a_former_version_of_an_expired_secret_is_expired(self, member: Any, make_task: MakeTask) -> None:
        secret = make_secret(member, name="A")
        task = make_task(member, "A")
        change(member, secret, "another", expires_at=timezone.now())
        assert refusal(task.fetch()) == (409, "secret_expired")

    def test_one_unreadable_value_withholds_all(self, member: Any, make_task: MakeTask) -> None:
        one, other = make_secret(member, name="A", value="value of A"), make_secret(member, name="B")
        task = make_task(member, "A", "B")
        Secret.objects.filter(pk=other.pk).update(value=one.value)
        answer = task.fetch()
        assert refusal(answer) == (409, "unreadable")
        assert answer.json()["errors"] == {"secrets": ["The value of B cannot be opened."]}
        assert b"value of A" not in answer.content

    def test_one_unreadable_former_version_withholds_all(self, member: Any, make_task: MakeTask) -> None:
        secret = make_secret(member, name="A")
        task = make_task(member, "A")
        change(member, secret, "another value")
        SecretVersion.objects.update(value=Secret.objects.get().value)
        assert refusal(task.fetch()) == (409, "unreadable")


class TestSwappedRows:
    """An attacker who can write to the tables of grants gets no values of other owners' secrets."""

    def test_another_users_secret_is_refused(self, member: Any, stranger: Any, make_task: MakeTask) -> None:
        theirs = make_secret(stranger, name="A", value="the stranger's")
        make_secret(member, name="A")
        task = make_task(member, "A", latest=True)
        swap(secret_id=theirs.pk)
        assert refusal(task.fetch()) == (409, "secret_gone")

    def test_another_projects_secret_is_refused(
        self, member: Any, admin: Any, project: Project, make_task: MakeTask
    ) -> None:
        other = make_secret(admin, name="A", project_id=make_project(admin).id)
        make_secret(member, name="A", project_id=project.id)
        task = make_task(member, "A", project_id=project.id)
        swap(secret_id=other.pk)
        assert refusal(task.fetch()) == (409, "secret_gone")

    def test_a_project_secret_in_a_task_without_a_project_is_refused(
        self, member: Any, project: Project, make_task: MakeTask
    ) -> None:
        shared = make_secret(member, name="A", project_id=project.id)
        make_secret(member, name="A")
        task = make_task(member, "A")
        swap(secret_id=shared.pk, owner_kind="project")
        assert refusal(task.fetch()) == (409, "secret_gone")


class TestTaskToken:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": f"Bearer {new_token(TASK_PREFIX)}"},
            {"Authorization": f"Bearer {new_token()}"},
            {"Authorization": "Bearer neo_task_"},
            {"Authorization": "Bearer"},
            {"Authorization": "Basic bWVtYmVyOnBhc3N3b3Jk"},
            {"X_Api_Key": new_token(TASK_PREFIX)},
        ],
        ids=["none", "unknown task", "unknown service", "prefix alone", "scheme alone", "basic", "api key"],
    )
    def test_other_headers_open_no_environment(self, db: None, headers: dict[str, str]) -> None:
        answer = ApiClient().post(ENVIRONMENT, **headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize("scheme", ["Token", "Basic", "Digest"])
    def test_only_the_bearer_scheme_is_accepted(self, member: Any, make_task: MakeTask, scheme: str) -> None:
        token = make_task(member).token
        assert ApiClient().post(ENVIRONMENT, Authorization=f"{scheme} {token}").status_code == 401

    def test_sessions_and_service_tokens_open_no_environment(self, api: Api, member: Any, make_task: MakeTask) -> None:
        make_task(member)
        by_token = api(member).post("/api/v1/tokens", {"name": "CI", "scopes": ["runtime:use"]}).json()["token"]
        assert refusal(api(member).post(ENVIRONMENT)) == (401, "invalid_token")
        assert refusal(api(None).post(ENVIRONMENT, Authorization=f"Bearer {by_token}")) == (401, "invalid_token")
        assert api(None).post(ENVIRONMENT, X_Api_Key=by_token).status_code == 401

    def test_a_second_credential_is_refused(self, member: Any, make_task: MakeTask) -> None:
        task = make_task(member)
        assert ApiClient().post(ENVIRONMENT, **task.headers, X_Api_Key=task.token).status_code == 401
        assert ApiClient().post(ENVIRONMENT, X_Api_Key=task.token).status_code == 401
        twice = {"Authorization": f"Bearer {task.token}, Bearer {task.token}"}
        assert ApiClient().post(ENVIRONMENT, **twice).status_code == 401

    def test_the_scheme_is_case_insensitive(self, member: Any, make_task: MakeTask) -> None:
        headers = {"Authorization": f"bEARER {make_task(member).token}"}
        assert ApiClient().post(ENVIRONMENT, **headers).status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/api/v1/secrets"),
            ("POST", "/api/v1/secrets"),
            ("POST", "/api/v1/secrets/batch"),
            ("GET", "/api/v1/projects"),
            ("GET", "/api/v1/tokens"),
            ("POST", "/api/v1/tokens"),
            ("GET", "/api/v1/task-grants"),
            ("POST", "/api/v1/task-grants"),
            ("POST", "/api/v1/task-grants/explain"),
            ("GET", "/api/v1/remembered-secrets"),
            ("POST", "/api/v1/auth/sign-out-everywhere"),
        ],
    )
    @pytest.mark.parametrize("header", ["Authorization", "X_Api_Key"])
    def test_a_task_token_opens_no_other_endpoint(
        self, member: Any, make_task: MakeTask, method: str, path: str, header: str
    ) -> None:
        task = make_task(member, scopes=["secrets:create"])
        sent = {"Authorization": f"Bearer {task.token}", "X_Api_Key": task.token}[header]
        assert ApiClient().request(method, path, **{header: sent}).status_code == 401

    def test_a_task_token_exposes_only_its_own_grant(self, member: Any, make_task: MakeTask) -> None:
        make_secret(member, name="A")
        make_secret(member, name="B")
        one, other = make_task(member, "A"), make_task(member, "B")
        assert (set(one.environment()), set(other.environment())) == ({"A"}, {"B"})

    def test_a_task_token_works_until_it_expires(self, member: Any, make_task: MakeTask) -> None:
        task = make_task(member, ttl=60)
        for _ in range(3):
            task.environment()
        TaskGrant.objects.update(expires_at=timezone.now())
        assert refusal(task.fetch()) == (401, "invalid_token")

    def test_a_task_token_works_max_uses_times(self, member: Any, make_task: MakeTask) -> None:
        task = make_task(member, max_uses=2)
        for _ in range(2):
            task.environment()
        assert refusal(task.fetch()) == (401, "invalid_token")
        grant = TaskGrant.objects.get()
        assert (grant.uses, grant.last_used_at is not None) == (2, True)

    def test_a_revoked_task_token_is_refused_at_once(self, api: Api, member: Any, make_task: MakeTask) -> None:
        task = make_task(member)
        task.environment()
        api(member).delete(f"/api/v1/task-grants/{task.id}")
        assert refusal(task.fetch()) == (401, "invalid_token")

    def test_the_response_does_not_tell_why_the_grant_ended(self, member: Any, make_task: MakeTask) -> None:
        unknown = ApiClient().post(ENVIRONMENT, Authorization=f"Bearer {new_token(TASK_PREFIX)}").json()
        ends: list[Callable[[Any], Any]] = [
            lambda row: row.update(expires_at=timezone.now()),
            lambda row: row.update(revoked_at=timezone.now()),
            lambda row: row.update(max_uses=0),
            lambda row: row.delete(),
        ]
        for end in ends:
            task = make_task(member)
            end(TaskGrant.objects.filter(pk=task.id))
            assert {**task.fetch().json(), "request_id": ""} == {**unknown, "request_id": ""}

    def test_the_token_is_not_stored_or_logged(self, member: Any, make_task: MakeTask, caplog: Any) -> None:
        task = make_task(member)
        task.environment()
        assert task.token not in caplog.text
        assert task.token not in repr(list(TaskGrant.objects.values()))


class TestGrantor:
    """A grant exposes only what its grantor may have at the time of the request."""

    @pytest.fixture
    def task(self, member: Any, project: Project, make_task: MakeTask) -> Task:
        make_secret(member, name="SHARED", project_id=project.id, default_available=True)
        make_secret(member, name="MINE", default_available=True)
        task = make_task(member, project_id=project.id)
        assert set(task.environment()) == {"SHARED", "MINE"}
        return task

    def test_the_role_is_asked_for_even_if_nothing_announced_that_it_changed(self, task: Task, member: Any) -> None:
        seats = Membership.objects.filter(user=member)
        seats.update(role=Role.VIEWER)
        assert refusal(task.fetch()) == (403, "role_too_low")
        seats.delete()
        assert refusal(task.fetch()) == (403, "membership_required")
        assert TaskGrant.objects.get().uses == 1

    def test_a_removed_member_exposes_nothing(self, task: Task, admin: Any, member: Any, project: Project) -> None:
        remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
        assert refusal(task.fetch()) == (401, "invalid_token")
        assert TaskGrant.objects.get().uses == 1

    def test_a_member_who_becomes_a_viewer_exposes_nothing(
        self, task: Task, admin: Any, member: Any, project: Project
    ) -> None:
        change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.VIEWER)
        assert refusal(task.fetch()) == (401, "invalid_token")

    def test_an_inactive_user_exposes_nothing(self, task: Task, member: Any) -> None:
        member.is_active = False
        member.save(update_fields=["is_active"])
        assert refusal(task.fetch()) == (401, "invalid_token")

    def test_deleting_the_grantor_deletes_their_grants(self, task: Task, member: Any) -> None:
        member.delete()
        assert refusal(task.fetch()) == (401, "invalid_token")

    def test_deleting_the_project_deletes_its_grants(self, task: Task, admin: Any, project: Project) -> None:
        delete_project(actor=Actor.from_user(admin), project_id=project.id)
        assert refusal(task.fetch()) == (401, "invalid_token")

    @pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
    def test_ending_the_service_token_ends_its_grants(self, api: Api, member: Any, column: str) -> None:
        token = api(member).post("/api/v1/tokens", {"name": "CI", "scopes": ["runtime:use"]}).json()["token"]
        granted = api(None).post("/api/v1/task-grants", {}, X_Api_Key=token).json()["token"]
        headers = {"Authorization": f"Bearer {granted}"}
        assert api(None).post(ENVIRONMENT, **headers).status_code == 200
        ServiceToken.objects.update(**{column: timezone.now()})
        assert refusal(api(None).post(ENVIRONMENT, **headers)) == (401, "invalid_token")


class TestCost:
    @pytest.mark.parametrize("number", [1, 50, 200])
    def test_the_number_of_secrets_does_not_change_the_queries(
        self,
        member: Any,
        project: Project,
        make_task: MakeTask,
        number: int,
        django_assert_num_queries: Any,
        settings: Any,
    ) -> None:
        # `test_quick_ways.py` counts those of the quick way.
        settings.NEO_BASE = settings.NEO_BASE | {"QUICK_WAY": False}
        for owner in (Owner(user_id=member.pk), Owner(project_id=project.id)):
            drafts = [
                Draft(owner, f"{owner.label[:4].upper()}_{each}", Plaintext(f"value {each}"), default_available=True)
                for each in range(number)
            ]
            create_secrets(actor=Actor.from_user(member), drafts=drafts)
        task = make_task(member, project_id=project.id)
        change(member, Secret.objects.filter(user=member)[0], "another value")
        vault._cipher.cache_clear()
        # The queries are for the grant with its set, a transaction, counting the use, reading the count, the role, the
        # secrets, former versions, one data key for each of two owners, last use, and the audit event.
        with django_assert_num_queries(12):
            assert len(task.environment()) == 2 * number
        # Now the data keys are cached, and last use was stored less than a minute ago.
        with django_assert_num_queries(9):
            task.environment()

    def test_last_use_is_stored_at_most_once_a_minute(self, member: Any, make_task: MakeTask) -> None:
        make_secret(member, name="A")
        make_secret(member, name="B")
        task, first = make_task(member, "A"), timezone.now()
        task.environment()
        noted = Secret.objects.get(name="A").last_used_at
        assert noted is not None
        assert noted >= first
        assert Secret.objects.get(name="B").last_used_at is None
        with CaptureQueriesContext(connection) as queries:
            task.environment()
        assert [query["sql"] for query in queries if query["sql"].startswith('UPDATE "secrets_app_secret"')] == []
        Secret.objects.update(last_used_at=noted - timedelta(seconds=61))
        task.environment()
        secret = Secret.objects.get(name="A")
        assert secret.last_used_at is not None
        assert secret.last_used_at > noted
        assert (secret.revision, secret.version) == (1, 1)


def test_a_use_is_announced_with_names_and_no_values(
    member: Any, make_task: MakeTask, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[Any] = []

    def hear(**arguments: Any) -> None:
        heard.append((arguments["grant"].id, arguments["names"], arguments["actor"].user))

    make_secret(member, name="A")
    task = make_task(member, "A")
    grant_used.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        task.environment()
    grant_used.disconnect(hear)
    assert heard == [(task.id, ["A"], member)]
