"""Secrets that tasks create: names, owners, quarantine and promotion, through POST /api/v1/runtime/secrets."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.models import Membership, Project
from secrets_app.actions.secrets import delete_secret, promote_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import GrantedSecret, Secret, TaskGrant
from tests.cast import Api, make_project, make_secret
from tests.contract import SECRET_FIELDS
from tests.secrets_app.task import ENVIRONMENT, TASK_SECRETS, MakeTask, Task

SECRETS = "/api/v1/secrets"
MAY_CREATE = {"scopes": ["secrets:create"]}


@pytest.fixture
def task(member: Any, project: Project, make_task: MakeTask) -> Task:
    """A task of the project that may create secrets."""
    return make_task(member, project_id=project.id, task_id="build", **MAY_CREATE)


@pytest.fixture
def own_task(member: Any, make_task: MakeTask) -> Task:
    """A task without a project that may create secrets."""
    return make_task(member, **MAY_CREATE)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_it_belongs_to_the_tasks_owner_and_has_its_provenance(task: Task, member: Any, project: Project) -> None:
    answer = task.create("MADE", created_by_agent=False, project_id=str(project.id))
    assert answer.status_code == 201
    assert answer.json().keys() == SECRET_FIELDS
    secret = Secret.objects.get()
    assert (secret.project_id, secret.user_id, secret.created_by) == (project.id, None, member)
    assert (secret.created_by_agent, secret.task_id, secret.grant_id) == (True, "build", task.id)
    assert (secret.is_quarantined, secret.promoted_at) == (True, None)


def test_without_a_project_it_is_a_personal_secret_of_the_grantor(own_task: Task, member: Any) -> None:
    assert own_task.create("MADE").json()["project_id"] is None
    assert Secret.objects.get().user == member


def test_its_own_task_gets_it(task: Task, member: Any, api: Api) -> None:
    task.create("MADE", " exactly this\n")
    assert task.environment() == {"MADE": " exactly this\n"}
    listed = api(member).get(f"/api/v1/task-grants/{task.id}").json()["secrets"]
    assert [(row["name"], row["reason"], row["owner"]) for row in listed] == [("MADE", "created", "project")]


@pytest.mark.parametrize("body", [{"name": "lower"}, {"value": ""}, {"value": 1}, {"description": "x"}], ids=str)
def test_invalid_input_creates_nothing(task: Task, body: dict[str, Any]) -> None:
    assert task.create(**{"name": "MADE", **body}).status_code == 400
    assert not Secret.objects.exists()


def test_a_task_cannot_create_in_another_project(task: Task, own_task: Task, member: Any) -> None:
    other = make_project(member)
    for each in (task, own_task):
        assert refusal(each.create("MADE", project_id=str(other.id))) == (403, "membership_required")
    assert not Secret.objects.exists()


def test_a_grant_without_the_scope_is_refused(member: Any, make_task: MakeTask) -> None:
    assert refusal(make_task(member).create("MADE")) == (403, "scope_missing")


def test_a_grantor_without_the_permission_is_refused(task: Task, member: Any) -> None:
    # Changed so that nothing announces it, which would end the grant.
    seats = Membership.objects.filter(user=member)
    seats.update(role=Role.VIEWER)
    assert refusal(task.create("MADE")) == (403, "role_too_low")
    seats.delete()
    assert refusal(task.create("MADE")) == (403, "membership_required")
    TaskGrant.objects.update(revoked_at="2020-01-01T00:00:00Z")
    assert refusal(task.create("MADE")) == (401, "invalid_token")
    assert not Secret.objects.exists()


class TestNames:
    @pytest.mark.parametrize("owner", ["project", "personal"])
    def test_a_name_of_either_owner_of_the_task_is_taken(
        self, task: Task, member: Any, project: Project, owner: str
    ) -> None:
        secret = make_secret(member, name="TAKEN", project_id=project.id if owner == "project" else None)
        assert refusal(task.create("TAKEN")) == (409, "name_taken")
        assert list(Secret.objects.values_list("id", "version")) == [(secret.id, 1)]

    def test_another_users_name_is_free(self, task: Task, admin: Any) -> None:
        make_secret(admin, name="THEIRS")
        assert task.create("THEIRS").status_code == 201

    def test_the_name_of_a_deleted_granted_secret_is_taken(
        self, member: Any, project: Project, make_task: MakeTask
    ) -> None:
        secret = make_secret(member, name="HAD", project_id=project.id)
        task = make_task(member, "HAD", project_id=project.id, **MAY_CREATE)
        delete_secret(actor=Actor.from_user(member), secret_id=secret.id)
        assert refusal(task.create("HAD")) == (409, "name_taken")

    def test_the_same_name_twice_is_refused(self, task: Task) -> None:
        assert [task.create("MADE").status_code for _ in range(2)] == [201, 409]
        assert GrantedSecret.objects.count() == 1

    @pytest.mark.parametrize("quarantine", [True, False])
    def test_a_persons_later_secret_of_the_same_name_is_not_shadowed(
        self, task: Task, member: Any, project: Project, make_task: MakeTask, settings: Any, quarantine: bool
    ) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, "QUARANTINE_AGENT_SECRETS": quarantine}
        task.create("BOTH", "the task's", default_available=True)
        make_secret(member, name="BOTH", value="the person's", default_available=True)
        assert make_task(member, project_id=project.id).environment() == {"BOTH": "the person's"}
        promote_secret(actor=Actor.from_user(member), secret_id=Secret.objects.get(project=project).id)
        assert make_task(member, project_id=project.id).environment() == {"BOTH": "the task's"}


class TestGrantFromAServiceToken:
    """Grants that were created with a service token, from the grant to the secrets that the task creates."""

    @pytest.fixture(autouse=True)
    def _secrets(self, member: Any, project: Project) -> None:
        make_secret(member, name="MINE", value="the member's", default_available=True)
        make_secret(member, name="OURS", value="the project's", default_available=True, project_id=project.id)

    def ask(self, api: Api, member: Any, project: Project, confined_to: Project | None) -> tuple[Any, Any, Any, Any]:
        """Return the responses about MINE: before the task tries to create it, after that, and to the token."""
        scopes = ["runtime:use", "secrets:write"]
        project_id = None if confined_to is None else confined_to.id
        token = create_token(actor=Actor.from_user(member), name="CI", scopes=scopes, project_id=project_id).text
        client, order = api(None), {"project_id": str(project.id), **MAY_CREATE}
        grant = client.post("/api/v1/task-grants", order, X_Api_Key=token).json()
        header = {"Authorization": f"Bearer {grant['token']}"}
        before = client.post(ENVIRONMENT, **header).json()["environment"]
        made = client.post(TASK_SECRETS, {"name": "MINE", "value": "the task's"}, **header)
        after = client.post(ENVIRONMENT, **header).json()["environment"]
        listed = client.get(f"/api/v1/task-grants/{grant['id']}", X_Api_Key=token).json()
        return before, made, after, {(row["name"], row["owner"]) for row in listed["secrets"] + listed["omitted"]}

    def test_a_project_token_reaches_no_personal_names(self, api: Api, member: Any, project: Project) -> None:
        before, made, after, listed = self.ask(api, member, project, confined_to=project)
        assert before == {"OURS": "the project's"}
        # The error must not reveal the grantor's personal names either, so this name is free.
        assert (made.status_code, made.json()["project_id"]) == (201, str(project.id))
        assert after == {"OURS": "the project's", "MINE": "the task's"}
        assert listed == {("OURS", "project"), ("MINE", "project")}

    def test_an_unlimited_token_reaches_its_owners_names(self, api: Api, member: Any, project: Project) -> None:
        before, made, after, listed = self.ask(api, member, project, confined_to=None)
        assert before == after == {"OURS": "the project's", "MINE": "the member's"}
        assert refusal(made) == (409, "name_taken")
        assert listed == {("OURS", "project"), ("MINE", "personal")}


class TestQuarantine:
    @pytest.fixture
    def made(self, task: Task) -> dict[str, Any]:
        made: dict[str, Any] = task.create("MADE", default_available=True).json()
        return made

    def test_no_other_task_gets_it_by_default_or_by_name(
        self, made: dict[str, Any], member: Any, admin: Any, project: Project, make_task: MakeTask
    ) -> None:
        for user in (member, admin):
            for names in ([], ["MADE"]):
                assert make_task(user, *names, project_id=project.id, latest=True).environment() == {}

    def test_a_task_that_selects_it_sees_it_omitted_as_quarantined(
        self, made: dict[str, Any], admin: Any, project: Project, api: Api
    ) -> None:
        answer = api(admin).post("/api/v1/task-grants", {"project_id": str(project.id), "secrets": ["MADE"]}).json()
        assert [(row["name"], row["reason"]) for row in answer["omitted"]] == [("MADE", "quarantined")]
        detail = api(admin).get(f"{SECRETS}/{made['id']}").json()
        assert (detail["is_quarantined"], detail["task_id"], detail["created_by_agent"]) == (True, "build", True)

    def test_a_person_can_promote_it(
        self, made: dict[str, Any], admin: Any, task: Task, project: Project, make_task: MakeTask, api: Api
    ) -> None:
        before = make_task(admin, project_id=project.id)
        answer = api(admin).post(f"{SECRETS}/{made['id']}/promote")
        assert (answer.status_code, answer.json()["is_quarantined"]) == (200, False)
        assert answer.headers["ETag"] == '"2"'
        assert set(make_task(admin, project_id=project.id).environment()) == {"MADE"}
        assert set(task.environment()) == {"MADE"}
        assert before.environment() == {}

    def test_promoting_twice_or_a_persons_secret_changes_nothing(
        self, made: dict[str, Any], member: Any, project: Project, api: Api
    ) -> None:
        client, own = api(member), make_secret(member)
        client.post(f"{SECRETS}/{made['id']}/promote")
        again = client.post(f"{SECRETS}/{made['id']}/promote")
        assert (again.status_code, again.headers["ETag"]) == (200, '"2"')
        assert client.post(f"{SECRETS}/{own.id}/promote").headers["ETag"] == '"1"'

    def test_promoting_checks_if_match(self, made: dict[str, Any], member: Any, api: Api) -> None:
        address = f"{SECRETS}/{made['id']}/promote"
        assert api(member).post(address, If_Match='"7"').status_code == 412
        assert Secret.objects.get().is_quarantined
        assert api(member).post(address, If_Match='"1"').status_code == 200

    def test_tasks_and_service_tokens_cannot_promote(
        self, made: dict[str, Any], task: Task, member: Any, viewer: Any, api: Api
    ) -> None:
        address = f"{SECRETS}/{made['id']}/promote"
        token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read", "secrets:write"])
        assert api(None).post(address, **task.headers).status_code == 401
        assert refusal(api(None).post(address, X_Api_Key=token.text)) == (403, "scope_missing")
        assert refusal(api(viewer).post(address)) == (403, "role_too_low")
        assert Secret.objects.get().is_quarantined

    def test_its_task_does_not_get_it_once_it_is_deleted(
        self, made: dict[str, Any], task: Task, member: Any, api: Api
    ) -> None:
        assert api(member).delete(f"{SECRETS}/{made['id']}").status_code == 204
        assert refusal(task.fetch()) == (409, "secret_gone")

    def test_without_quarantine_other_tasks_get_it(
        self, task: Task, member: Any, project: Project, make_task: MakeTask, settings: Any
    ) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, "QUARANTINE_AGENT_SECRETS": False}
        task.create("FREE", default_available=True)
        assert set(make_task(member, project_id=project.id).environment()) == {"FREE"}


def test_creating_a_secret_counts_no_use(member: Any, make_task: MakeTask, api: Api) -> None:
    task = make_task(member, max_uses=1, **MAY_CREATE)
    task.create("MADE")
    assert TaskGrant.objects.get().uses == 0
    assert api(None).post(ENVIRONMENT, **task.headers).status_code == 200
    assert refusal(task.create("LATER")) == (401, "invalid_token")
