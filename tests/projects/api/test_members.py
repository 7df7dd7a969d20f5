"""GET and POST /api/v1/projects/{id}/members, PATCH and DELETE /api/v1/projects/{id}/members/{user_id}"""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.roles import Role
from projects.models import Membership, Project
from tests.cast import CANARY, Api, make_project, make_user
from tests.contract import LIST_FIELDS, PROJECTS, assert_problem, invalid_fields

FIELDS = {"user_id", "username", "email", "role", "joined_at"}
BAD_ROLES: list[Any] = ["owner", "Admin", "", None, 1, True, ["admin"], {}, CANARY]
BAD_USERNAMES: list[Any] = ["", None, 1, True, [], {}, 255 * "x", ["stranger"]]


@pytest.fixture
def members(project: Project) -> str:
    """Return the URL of the members of `project`."""
    return f"{PROJECTS}/{project.id}/members"


def role_of(user: Any) -> str:
    return Membership.objects.get(user=user).role


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_every_member_sees_all_in_the_order_of_joining(
    api: Api, request: pytest.FixtureRequest, members: str, role: str, slash: str
) -> None:
    page = api(request.getfixturevalue(role)).get(members + slash).json()
    assert page.keys() == LIST_FIELDS
    assert [row["username"] for row in page["results"]] == ["admin", "member", "viewer"]
    assert [row["role"] for row in page["results"]] == ["admin", "member", "viewer"]
    assert [row.keys() for row in page["results"]] == 3 * [FIELDS]


@pytest.mark.parametrize(("query", "shown"), [("limit=2", ["admin", "member"]), ("offset=2", ["viewer"])])
def test_members_are_paged(api: Api, admin: Any, members: str, query: str, shown: list[str]) -> None:
    page = api(admin).get(f"{members}?{query}").json()
    assert [row["username"] for row in page["results"]] == shown
    assert page["count"] == 3


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_an_admin_adds_a_user_by_name(api: Api, admin: Any, stranger: Any, members: str, role: str, slash: str) -> None:
    answer = api(admin).post(members + slash, {"username": "stranger", "role": role})
    assert answer.status_code == 201
    added = answer.json()
    assert added.keys() == FIELDS
    assert (added["user_id"], added["username"], added["role"]) == (stranger.pk, "stranger", role)
    assert added["email"] == "stranger@example.com"
    assert added["joined_at"].endswith("Z")
    assert api(stranger).get(members).json()["results"][-1] == added


def test_where_users_have_no_other_name_an_admin_adds_them_by_email(
    api: Api, admin: Any, stranger: Any, members: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"email": stranger.email, "role": "viewer"}
    client = api(admin)
    assert invalid_fields(client.post(members, body)) == {"body"}
    monkeypatch.setattr(type(stranger), "USERNAME_FIELD", "email")
    assert_problem(client.post(members, body | {"email": "nobody@example.com"}), 404, "no_such_user")
    assert invalid_fields(client.post(members, body | {"username": stranger.email})) == {"body"}
    answer = client.post(members, body)
    assert answer.status_code == 201
    assert (answer.json()["user_id"], answer.json()["username"]) == (stranger.pk, stranger.email)


def test_unknown_and_inactive_users_are_404_alike(api: Api, admin: Any, members: str) -> None:
    make_user("inactive", is_active=False)
    client = api(admin)
    answers = [client.post(members, {"username": name, "role": "member"}) for name in ("nobody", "inactive", "ADMIN")]
    details = [assert_problem(answer, 404, "no_such_user")["detail"] for answer in answers]
    assert set(details) == {"No active user has this username. Check the spelling."}
    assert Membership.objects.count() == 3


@pytest.mark.parametrize("username", ["admin", "member", "viewer"])
@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_a_member_cannot_be_added_again(api: Api, admin: Any, members: str, username: str, role: str) -> None:
    before = set(Membership.objects.values_list("user_id", "role"))
    assert_problem(api(admin).post(members, {"username": username, "role": role}), 409, "already_a_member")
    assert set(Membership.objects.values_list("user_id", "role")) == before


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        *[({"role": role}, "role") for role in BAD_ROLES],
        *[({"username": name}, "username") for name in BAD_USERNAMES],
        *[({member: 1}, "body") for member in ("user_id", "email", "joined_at", "project", CANARY)],
    ],
)
def test_other_bodies_are_refused(
    api: Api, admin: Any, stranger: Any, members: str, change: dict[str, Any], complaint: str
) -> None:
    answer = api(admin).post(members, {"username": "stranger", "role": "member", **change})
    assert invalid_fields(answer) == {complaint}
    assert Membership.objects.count() == 3


@pytest.mark.parametrize("missing", ["username", "role"])
def test_both_members_are_required(api: Api, admin: Any, members: str, missing: str) -> None:
    body = {name: content for name, content in {"username": "stranger", "role": "member"}.items() if name != missing}
    assert invalid_fields(api(admin).post(members, body)) == {missing}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_an_admin_changes_a_role(api: Api, admin: Any, member: Any, members: str, role: str, slash: str) -> None:
    answer = api(admin).patch(f"{members}/{member.pk}{slash}", {"role": role})
    assert answer.status_code == 200
    assert answer.json().keys() == FIELDS
    assert answer.json()["role"] == role == role_of(member)


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": None}, {"role": "viewer", "username": CANARY}, []])
def test_a_role_is_one_of_three(api: Api, admin: Any, member: Any, members: str, body: Any) -> None:
    assert_problem(api(admin).patch(f"{members}/{member.pk}", body), 400, "invalid")
    assert role_of(member) == "member"


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_admin_removes_a_member(api: Api, admin: Any, member: Any, members: str, slash: str) -> None:
    answer = api(admin).delete(f"{members}/{member.pk}{slash}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(api(member).get(members), 404, "not_found")
    assert_problem(api(admin).delete(f"{members}/{member.pk}"), 404, "not_found")


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_anybody_may_leave(api: Api, request: pytest.FixtureRequest, members: str, role: str) -> None:
    user = request.getfixturevalue(role)
    assert api(user).delete(f"{members}/{user.pk}").status_code == 204
    assert not Membership.objects.filter(user=user).exists()


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_others_manage_nobody(
    api: Api, request: pytest.FixtureRequest, admin: Any, stranger: Any, members: str, role: str
) -> None:
    user = request.getfixturevalue(role)
    client = api(user)
    answers = [
        client.post(members, {"username": "stranger", "role": "viewer"}),
        client.post(members, {"username": "nobody", "role": "viewer"}),
        client.patch(f"{members}/{user.pk}", {"role": "admin"}),
        client.patch(f"{members}/{admin.pk}", {"role": "viewer"}),
        client.patch(f"{members}/{stranger.pk}", {"role": "viewer"}),
        client.delete(f"{members}/{admin.pk}"),
        client.delete(f"{members}/{stranger.pk}"),
        client.delete(f"{members}/999999"),
    ]
    for answer in answers:
        assert_problem(answer, 403, "role_too_low")
    assert Membership.objects.count() == 3
    assert role_of(user) == role


@pytest.mark.parametrize("outsider", ["stranger", "exmember", "staff", "superuser"])
def test_for_outsiders_there_are_no_members(
    api: Api, request: pytest.FixtureRequest, admin: Any, members: str, outsider: str
) -> None:
    user = request.getfixturevalue(outsider)
    client = api(user)
    answers = [
        client.get(members),
        client.post(members, {"username": user.username, "role": "admin"}),
        client.patch(f"{members}/{admin.pk}", {"role": "viewer"}),
        client.delete(f"{members}/{admin.pk}"),
        client.delete(f"{members}/{user.pk}"),
    ]
    for answer in answers:
        assert_problem(answer, 404, "not_found")
    assert role_of(admin) == "admin"


def test_who_is_in_another_project_is_not_in_this_one(api: Api, admin: Any, stranger: Any, members: str) -> None:
    make_project(stranger)
    assert_problem(api(admin).patch(f"{members}/{stranger.pk}", {"role": "viewer"}), 404, "not_found")
    assert_problem(api(admin).delete(f"{members}/{stranger.pk}"), 404, "not_found")
    assert role_of(stranger) == Role.ADMIN
