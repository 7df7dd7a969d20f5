"""PATCH /api/v1/secrets/{id} with `name` and `project_id`: another name, and another owner."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import override_settings

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.models import Project
from secrets_app.actions.secrets import delete_secret, restore_version, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, DataKey, HeldName, Secret
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, Api, ApiClient, make_project, make_secret, make_user
from tests.contract import SECRETS, assert_problem, body_but_for_request_id, invalid_fields, stored_value
from tests.secrets_app.task import MakeTask

RISKY = "LD_PRELOAD"


@pytest.fixture
def secret(member: Any) -> Secret:
    """Return a personal secret of `member` in its second version."""
    made = make_secret(member, value="the first value")
    return update_secret(actor=Actor.from_user(member), secret_id=made.id, value=Plaintext(CANARY))


@pytest.fixture
def beyond(member: Any) -> Project:
    """Return another project of `member`."""
    return make_project(member, name="Beyond")


def at(secret: Secret) -> str:
    return f"{SECRETS}/{secret.id}"


def into(project: Project | None) -> dict[str, Any]:
    return {"project_id": None if project is None else str(project.id)}


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def by_token(user: Any, *scopes: str, project: Project | None = None) -> ApiClient:
    project_id = None if project is None else project.id
    made = create_token(actor=Actor.from_user(user), name="t", scopes=list(scopes), project_id=project_id)
    return ApiClient(bearer=made.text)


def events(secret: Secret) -> dict[str, dict[str, Any]]:
    return {row.event: row.data for row in AuditEvent.objects.about(secret.id).order_by("id")}


# Another name


def test_a_renamed_secret_keeps_everything_else(api: Api, member: Any, secret: Secret) -> None:
    client = api(member)
    before = client.get(at(secret))
    answer = client.patch(at(secret), {"name": "RENAMED"})
    after = answer.json()
    assert {key for key in after if after[key] != before.json()[key]} == {"name", "updated_at"}
    assert answer.headers["ETag"] != before.headers["ETag"]
    assert stored_value(secret.id) == CANARY
    assert names(client.get(SECRETS)) == ["RENAMED"]
    assert events(secret)["secret.updated"] == {"changed": ["name"], "version": 2, "former_name": "TOKEN"}


def test_the_same_name_and_owner_change_nothing(api: Api, member: Any, secret: Secret) -> None:
    client = api(member)
    before = client.get(at(secret))
    answer = client.patch(at(secret), {"name": "TOKEN", "project_id": None})
    assert (answer.json(), answer.headers["ETag"]) == (before.json(), before.headers["ETag"])


@pytest.mark.parametrize("name", ["", "lower", "1A", "A\n", "A-B", 129 * "A", None, 1, CANARY])
def test_other_names_are_refused(api: Api, member: Any, secret: Secret, name: Any) -> None:
    assert invalid_fields(api(member).patch(at(secret), {"name": name})) == {"name"}


def test_a_taken_name_is_409_and_changes_nothing(api: Api, member: Any, secret: Secret) -> None:
    make_secret(member, name="TAKEN")
    client = api(member)
    before = client.get(at(secret)).json()
    assert_problem(client.patch(at(secret), {"name": "TAKEN", "value": "new"}), 409, "name_taken")
    assert client.get(at(secret)).json() == before
    assert stored_value(secret.id) == CANARY


def test_a_grant_by_the_former_name_is_refused(api: Api, member: Any, secret: Secret, make_task: MakeTask) -> None:
    task = make_task(member, "TOKEN")
    api(member).patch(at(secret), {"name": "RENAMED"})
    assert_problem_of_task(task.fetch())
    assert make_task(member, "RENAMED").environment() == {"RENAMED": CANARY}


def assert_problem_of_task(answer: Any) -> None:
    assert (answer.status_code, answer.json()["code"]) == (409, "secret_gone")
    assert CANARY not in answer.text


# Another owner


def test_a_moved_secret_belongs_to_the_project_with_all_versions(
    api: Api, member: Any, viewer: Any, project: Project, secret: Secret
) -> None:
    answer = api(member).patch(at(secret), into(project))
    assert answer.json()["project_id"] == str(project.id)
    assert names(api(member).get(SECRETS)) == []
    assert names(api(viewer).get(f"{SECRETS}?project_id={project.id}")) == ["TOKEN"]
    versions = api(viewer).get(f"{at(secret)}/versions").json()["results"]
    assert [(row["version"], row["is_readable"]) for row in versions] == [(2, True), (1, True)]
    restore_version(actor=Actor.from_user(member), secret_id=secret.id, version=1)
    assert stored_value(secret.id) == "the first value"


def test_everything_is_sealed_by_the_new_owners_key(api: Api, member: Any, project: Project, secret: Secret) -> None:
    api(member).patch(at(secret), into(project))
    key = DataKey.objects.get(project_id=project.id)
    moved = Secret.objects.get()
    assert {moved.data_key_id, *moved.former_versions.values_list("data_key_id", flat=True)} == {key.pk}
    DataKey.objects.exclude(pk=key.pk).delete()
    assert stored_value(secret.id) == CANARY


def test_a_move_is_audited_at_both_ends(api: Api, member: Any, admin: Any, project: Project, beyond: Project) -> None:
    secret = make_secret(member, project_id=project.id)
    api(member).patch(at(secret), into(beyond) | {"name": "RENAMED"})
    log = "/api/v1/audit?project_id={}&secret_id=" + str(secret.id)
    left = api(admin).get(log.format(project.id)).json()["results"]
    came = api(member).get(log.format(beyond.id)).json()["results"]
    told = [(row["event"], row["subject"]["name"], row["data"]) for row in [left[0], *came]]
    assert told == [
        ("secret.departed", "TOKEN", {"version": 1, "to_project": str(beyond.id)}),
        (
            "secret.arrived",
            "RENAMED",
            {"version": 1, "from_project": str(project.id), "default_available": False},
        ),
    ]


def test_null_makes_a_projects_secret_personal(api: Api, member: Any, admin: Any, project: Project) -> None:
    secret = make_secret(admin, project_id=project.id)
    assert api(member).patch(at(secret), into(None)).json()["project_id"] is None
    assert names(api(member).get(SECRETS)) == ["TOKEN"]
    assert api(admin).get(at(secret)).status_code == 404
    assert stored_value(secret.id) == CANARY


def test_a_viewer_can_move_nothing_in_or_out(api: Api, member: Any, viewer: Any, project: Project) -> None:
    own, shared = make_secret(viewer), make_secret(member, project_id=project.id)
    assert_problem(api(viewer).patch(at(own), into(project)), 403, "role_too_low")
    assert_problem(api(viewer).patch(at(shared), into(None)), 403, "role_too_low")


def test_a_foreign_project_answers_as_an_unknown_one(api: Api, member: Any, stranger: Any, secret: Secret) -> None:
    foreign = make_project(stranger)
    answers = [api(member).patch(at(secret), {"project_id": str(each)}) for each in (foreign.id, uuid4())]
    assert_problem(answers[0], 403, "membership_required")
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])


def test_a_taken_name_there_is_409_and_changes_nothing(api: Api, member: Any, project: Project, secret: Secret) -> None:
    make_secret(member, project_id=project.id)
    assert_problem(api(member).patch(at(secret), into(project)), 409, "name_taken")
    assert names(api(member).get(SECRETS)) == ["TOKEN"]
    assert stored_value(secret.id) == CANARY
    assert api(member).patch(at(secret), into(project) | {"name": "FREE"}).status_code == 200


def test_a_full_project_takes_no_more(api: Api, member: Any, project: Project, secret: Secret, settings: Any) -> None:
    make_secret(member, name="FIRST", project_id=project.id)
    with override_settings(SECRETS_APP=settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 1}):
        assert_problem(api(member).patch(at(secret), into(project)), 409, "scope_full")


def test_a_grant_made_before_the_move_is_refused(
    api: Api, member: Any, project: Project, secret: Secret, make_task: MakeTask
) -> None:
    task = make_task(member, "TOKEN", project_id=project.id)
    api(member).patch(at(secret), into(project))
    assert_problem_of_task(task.fetch())
    assert make_task(member, "TOKEN", project_id=project.id).environment() == {"TOKEN": CANARY}


def test_the_etag_guards_moves_too(api: Api, member: Any, project: Project, secret: Secret) -> None:
    answer = api(member).patch(at(secret), into(project), If_Match='"1"')
    assert_problem(answer, 412, "precondition_failed")


def test_a_token_of_one_project_moves_nothing_across(api: Api, member: Any, project: Project) -> None:
    own, shared = make_secret(member, name="OWN"), make_secret(member, project_id=project.id)
    client = by_token(member, "secrets:write", "secrets:read", project=project)
    assert client.patch(at(own), into(project)).status_code == 404
    assert_problem(client.patch(at(shared), into(None)), 403, "scope_missing")
    assert client.patch(at(shared), {"name": "RENAMED"}).status_code == 200


# Quarantine


def test_a_risky_name_is_held_in_a_project_and_freed_by_another(api: Api, member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.id, default_available=True)
    client = api(member)
    assert client.patch(at(secret), {"name": RISKY}).json()["quarantine_reason"] == "risky_name"
    assert events(secret)["secret.updated"]["quarantine_reason"] == "risky_name"
    assert client.patch(at(secret), {"name": "HARMLESS"}).json()["is_quarantined"] is False


def test_a_risky_personal_secret_is_held_once_it_is_a_projects(
    api: Api, member: Any, admin: Any, project: Project
) -> None:
    secret = make_secret(member, name=RISKY)
    assert api(member).patch(at(secret), into(project)).json()["quarantine_reason"] == "risky_name"
    # Not even an admin promotes by renaming.
    renamed = api(admin).patch(at(secret), {"name": "LD_AUDIT"}).json()
    assert (renamed["name"], renamed["quarantine_reason"]) == ("LD_AUDIT", "risky_name")


def test_an_agents_secret_stays_in_quarantine_and_its_name_is_held(
    api: Api, member: Any, project: Project, make_task: MakeTask
) -> None:
    make_task(member, project_id=project.id, scopes=["secrets:create"]).create("MADE")
    secret = Secret.objects.get(name="MADE")
    moved = api(member).patch(at(secret), into(None) | {"name": "MINE"}).json()
    assert moved["quarantine_reason"] == "agent"
    assert HeldName.objects.get().name == "MADE"
    again = by_token(member, "secrets:write").post(SECRETS, {"name": "MADE", "value": "x", **into(project)}).json()
    assert Secret.objects.get(pk=again["id"]).quarantine_reason == "agent"


def test_no_token_takes_a_held_name_by_renaming(api: Api, member: Any, make_task: MakeTask) -> None:
    make_task(member, scopes=["secrets:create"]).create("MADE")
    delete_secret(actor=Actor.from_user(member), secret_id=Secret.objects.get().id)
    secret = make_secret(member)
    client = by_token(member, "secrets:write", "secrets:read")
    assert client.patch(at(secret), {"name": "MADE"}).json()["quarantine_reason"] == "agent"
    assert_problem(client.patch(at(secret), {"name": "OTHER"}), 403, "in_quarantine")


# What the logs tell of a secret that moved


@pytest.fixture
def colleague(member: Any, admin: Any, project: Project) -> Any:
    """Return another admin of `project`, who is to see nothing of personal secrets."""
    colleague = make_user("colleague")
    project.memberships.create(user=colleague, role=Role.ADMIN)
    return colleague


def exposures(api: Api, reader: Any, project: Project, **query: Any) -> list[list[str]]:
    address = f"/api/v1/audit?project_id={project.id}&event=environment.exposed"
    rows = api(reader).get(address + "".join(f"&{key}={each}" for key, each in query.items())).json()["results"]
    return [[named["name"] for named in row["data"]["secrets"]] for row in rows]


def test_a_project_log_names_a_secret_for_its_time_there(
    api: Api, admin: Any, colleague: Any, project: Project, make_task: MakeTask
) -> None:
    secret, client = make_secret(admin, name="BEFORE", default_available=True), api(admin)
    make_task(admin, project_id=project.id).environment()
    client.patch(at(secret), into(project) | {"name": "SHARED"})
    make_task(admin, project_id=project.id).environment()
    client.patch(at(secret), into(None) | {"name": "DIARY"})
    make_task(admin, project_id=project.id).environment()
    assert exposures(api, colleague, project) == [[], ["SHARED"], []]
    assert exposures(api, admin, project) == [["DIARY"], ["SHARED"], ["BEFORE"]]
    assert exposures(api, colleague, project, secret_id=secret.id) == [["SHARED"]]


def test_uses_of_a_moved_secret_begin_with_the_move(
    api: Api, member: Any, colleague: Any, project: Project, secret: Secret, make_task: MakeTask
) -> None:
    make_task(member, "TOKEN").environment()
    api(member).patch(at(secret), into(project))
    assert api(colleague).get(f"{at(secret)}/uses").json()["results"] == []
    make_task(member, "TOKEN", project_id=project.id).environment()
    assert len(api(colleague).get(f"{at(secret)}/uses").json()["results"]) == 1
