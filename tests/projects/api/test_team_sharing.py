"""Projects shared with the team: `shared_with_team`, and the setting that gives it an effect."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from neo_base.access.roles import Role
from projects.models import Membership, Project
from projects.policies import DefaultMembershipPolicy
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_project, make_secret, make_user
from tests.contract import PROJECTS, SECRETS, assert_problem, body_but_for_request_id, invalid_fields

TEAM_ROLES = [None, "viewer", "member"]
PEOPLE = ["stranger", "exmember", "staff", "superuser", "viewer", "member", "admin"]
# The role that each person has: their own or the team's, whichever is higher.
EFFECTIVE = {
    (None, False): (None, "viewer", "member", "admin"),
    (None, True): (None, "viewer", "member", "admin"),
    ("viewer", False): (None, "viewer", "member", "admin"),
    ("viewer", True): ("viewer", "viewer", "member", "admin"),
    ("member", False): (None, "viewer", "member", "admin"),
    ("member", True): ("member", "member", "member", "admin"),
}
OWN_ROLES = ("stranger", "viewer", "member", "admin")
CELLS = [
    (team_role, is_shared, person, EFFECTIVE[team_role, is_shared][index])
    for team_role, is_shared in EFFECTIVE
    for index, person in enumerate(OWN_ROLES)
]


def share(project: Project, *, is_shared: bool = True) -> None:
    Project.objects.filter(pk=project.pk).update(shared_with_team=is_shared)


def visible_roles(user: Any) -> dict[Any, str]:
    rows: Iterable[Any] = Project.objects.visible_to(user)
    return {row.pk: row.role for row in rows}


@pytest.fixture
def address(project: Project) -> str:
    return f"{PROJECTS}/{project.id}"


@pytest.mark.parametrize(("team_role", "is_shared", "person", "role"), CELLS)
def test_the_higher_of_two_roles_counts_everywhere(
    api: Api,
    request: pytest.FixtureRequest,
    project: Project,
    settings: Any,
    django_assert_num_queries: Any,
    team_role: str | None,
    is_shared: bool,
    person: str,
    role: str | None,
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": team_role}
    share(project, is_shared=is_shared)
    user, policy = request.getfixturevalue(person), DefaultMembershipPolicy()
    with django_assert_num_queries(1):
        assert policy.role(user, project.id) == role
    with django_assert_num_queries(1):
        assert list(policy.project_ids(user)) == [project.id] * (role is not None)
    with django_assert_num_queries(1):
        assert list(visible_roles(user).values()) == [role] * (role is not None)
    listed = api(user).get(PROJECTS).json()["results"]
    assert [row["role"] for row in listed] == [role] * (role is not None)


@pytest.mark.parametrize(("team_role", "is_shared"), list(product(TEAM_ROLES, [False, True])))
def test_role_and_list_agree_for_everybody_and_every_project(
    request: pytest.FixtureRequest, project: Project, settings: Any, team_role: str | None, is_shared: bool
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": team_role}
    people = [request.getfixturevalue(name) for name in PEOPLE]
    other = make_project(people[0], name="Beta", member=Role.VIEWER)
    share(project, is_shared=is_shared)
    policy, ids = DefaultMembershipPolicy(), [project.id, other.id, uuid4()]
    for user in people:
        roles = {project_id: policy.role(user, project_id) for project_id in ids}
        assert visible_roles(user) == {project_id: role for project_id, role in roles.items() if role}
        assert set(policy.project_ids(user)) == {project_id for project_id, role in roles.items() if role}


@pytest.mark.parametrize("team_role", ["admin", "owner", "Viewer", "", 1, True, ["viewer"]])
def test_any_other_setting_opens_nothing(project: Project, stranger: Any, settings: Any, team_role: Any) -> None:
    settings.PROJECTS = {"TEAM_ROLE": team_role}
    share(project)
    assert DefaultMembershipPolicy().role(stranger, project.id) is None
    assert list(DefaultMembershipPolicy().project_ids(stranger)) == []


@pytest.mark.parametrize("team_role", ["viewer", "member"])
def test_an_inactive_user_gains_nothing_by_sharing(project: Project, settings: Any, team_role: str) -> None:
    settings.PROJECTS = {"TEAM_ROLE": team_role}
    share(project)
    closed = make_user("closed", is_active=False)
    assert DefaultMembershipPolicy().role(closed, project.id) is None
    assert list(Project.objects.visible_to(closed)) == []


@pytest.mark.parametrize(
    ("team_role", "create", "update", "delete"), [("viewer", 403, 403, 403), ("member", 201, 200, 204)]
)
def test_a_stranger_does_in_it_what_the_team_may(
    api: Api,
    project: Project,
    admin: Any,
    stranger: Any,
    address: str,
    settings: Any,
    team_role: str,
    create: int,
    update: int,
    delete: int,
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": team_role}
    share(project)
    secret, client = make_secret(admin, project_id=project.id), api(stranger)
    assert client.get(f"{SECRETS}?project_id={project.id}").json()["count"] == 1
    assert client.get(f"{SECRETS}/{secret.id}").status_code == 200
    body = {"name": "NEW", "value": CANARY, "project_id": str(project.id)}
    assert client.post(SECRETS, body).status_code == create
    assert client.patch(f"{SECRETS}/{secret.id}", {"description": "x"}).status_code == update
    assert client.delete(f"{SECRETS}/{secret.id}").status_code == delete
    assert client.get(f"{address}/members").json()["count"] == 3
    assert_problem(client.patch(address, {"name": "Mine"}), 403, "role_too_low")
    assert_problem(client.delete(address), 403, "role_too_low")
    assert_problem(client.get(f"{address}/invitations"), 403, "role_too_low")
    # They are no member, so there is nothing to leave.
    assert_problem(client.delete(f"{address}/members/{stranger.pk}"), 404, "not_found")


@pytest.mark.parametrize("turn_off", ["setting", "mark", "account"])
def test_it_ends_with_the_next_request(
    api: Api, project: Project, stranger: Any, address: str, settings: Any, turn_off: str
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "member"}
    share(project)
    client = api(stranger)
    assert client.get(address).status_code == 200
    settings.PROJECTS = {"TEAM_ROLE": {"setting": None}.get(turn_off, "member")}
    share(project, is_shared=turn_off != "mark")
    stranger.is_active = turn_off != "account"
    stranger.save()
    assert client.get(address).status_code in (401, 404)


def test_what_is_not_shared_stays_as_if_it_did_not_exist(
    api: Api, project: Project, stranger: Any, admin: Any, settings: Any
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "member"}
    share(make_project(admin, name="Open"))
    client = api(stranger)
    assert [row["name"] for row in client.get(PROJECTS).json()["results"]] == ["Open"]
    answers = [client.get(f"{PROJECTS}/{project_id}") for project_id in (project.id, uuid4())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    body = {"name": "NEW", "value": CANARY}
    answers = [client.post(SECRETS, body | {"project_id": str(each)}) for each in (project.id, uuid4())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    assert not Secret.objects.exists()


def test_sharing_a_project_shares_no_personal_secret(
    api: Api, project: Project, member: Any, stranger: Any, settings: Any
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "member"}
    share(project)
    secret = make_secret(member)
    assert_problem(api(stranger).get(f"{SECRETS}/{secret.id}"), 404, "not_found")


def test_an_admin_turns_it_on_and_off(api: Api, admin: Any, address: str, settings: Any) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "viewer"}
    client = api(admin)
    before = client.get(address).json()["project"]
    assert before["shared_with_team"] is False
    for value in (True, False):
        answer = client.patch(address, {"shared_with_team": value})
        assert answer.status_code == 200
        assert answer.json()["project"]["shared_with_team"] is value
    after = client.get(address).json()["project"]
    assert after == before | {"updated_at": after["updated_at"]}


def test_without_the_setting_it_cannot_be_turned_on(api: Api, admin: Any, address: str) -> None:
    client = api(admin)
    assert_problem(client.patch(address, {"shared_with_team": True, "name": "Changed"}), 409, "team_sharing_off")
    assert client.get(address).json()["project"]["name"] == "Alpha"
    assert client.patch(address, {"shared_with_team": False}).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_others_do_not_turn_it_on(
    api: Api, request: pytest.FixtureRequest, address: str, settings: Any, role: str
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "member"}
    answer = api(request.getfixturevalue(role)).patch(address, {"shared_with_team": True})
    assert_problem(answer, 403, "role_too_low")
    assert Project.objects.get().shared_with_team is False


@pytest.mark.parametrize("value", [None, 1, 0, "true", "", [], {}, CANARY])
def test_it_is_true_or_false(api: Api, admin: Any, address: str, settings: Any, value: Any) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "viewer"}
    assert invalid_fields(api(admin).patch(address, {"shared_with_team": value})) == {"shared_with_team"}


def test_a_new_project_is_not_shared_and_cannot_be(api: Api, stranger: Any, settings: Any) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "member"}
    client = api(stranger)
    assert invalid_fields(client.post(PROJECTS, {"shared_with_team": True})) == {"body"}
    assert client.post(PROJECTS, {}).json()["project"]["shared_with_team"] is False


def test_the_list_of_projects_costs_the_same_at_any_length(
    admin: Any, stranger: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "viewer"}
    for number in range(5):
        share(make_project(admin, name=f"Number {number}", stranger=Role.MEMBER))
    with django_assert_num_queries(1):
        assert set(visible_roles(stranger).values()) == {"member"}


def test_a_member_by_sharing_alone_is_on_no_list_of_members(
    api: Api, project: Project, stranger: Any, address: str, settings: Any
) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "viewer"}
    share(project)
    page = api(stranger).get(f"{address}/members").json()
    assert "stranger" not in [row["username"] for row in page["results"]]
    assert Membership.objects.count() == 3
