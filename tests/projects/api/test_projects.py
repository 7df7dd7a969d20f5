"""POST and GET /api/v1/projects, GET, PATCH and DELETE /api/v1/projects/{id}"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from neo_base.access.roles import Role
from projects.models import Membership, Project
from tests.cast import CANARY, Api, make_project
from tests.contract import LIST_FIELDS, PROJECTS, assert_problem, invalid_fields

FIELDS = {"id", "name", "settings_md", "tags", "shared_with_team", "role", "created_at", "updated_at"}
FIELDS |= {"owner_email", "is_owner", "member_count"}
CLIENT_ID = "0b9a7f3e-5c1d-4e2f-8a6b-7c8d9e0f1a2b"


def created(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.content
    assert answer.json().keys() == {"project"}
    project: dict[str, Any] = answer.json()["project"]
    return project


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("body", [{}, b""], ids=["empty object", "no body"])
def test_every_field_is_optional(api: Api, stranger: Any, body: Any, slash: str) -> None:
    project = created(api(stranger).post(PROJECTS + slash, body))
    assert project.keys() == FIELDS
    assert (project["name"], project["settings_md"], project["tags"]) == ("", "", [])
    assert UUID(project["id"]).version == 4
    assert datetime.fromisoformat(project["created_at"]).tzinfo is not None


def test_the_creator_is_its_admin(api: Api, stranger: Any) -> None:
    project = created(api(stranger).post(PROJECTS, {"name": "Beta"}))
    assert project["role"] == "admin"
    membership = Membership.objects.get()
    assert (membership.user, membership.role, str(membership.project_id)) == (stranger, Role.ADMIN, project["id"])


def test_it_is_kept_as_sent(api: Api, stranger: Any) -> None:
    body = {
        "id": CLIENT_ID,
        "name": " Beta \u00e9\U0001f680 ",
        "settings_md": "# Use\n\n* it\n",
        "tags": ["b", "a", "b"],
    }
    client = api(stranger)
    project = created(client.post(PROJECTS, body))
    assert body.items() <= project.items()
    assert client.get(f"{PROJECTS}/{CLIENT_ID}").json() == {"project": project}


@pytest.mark.parametrize("sent", [CLIENT_ID, CLIENT_ID.upper()])
def test_an_existing_id_is_409_whoever_owns_it(api: Api, stranger: Any, admin: Any, sent: str) -> None:
    first = created(api(stranger).post(PROJECTS, {"id": sent, "name": "First"}))
    assert first["id"] == CLIENT_ID
    for user in (stranger, admin):
        assert_problem(api(user).post(PROJECTS, {"id": CLIENT_ID, "name": "Second"}), 409, "project_exists")
    assert Project.objects.get().name == "First"
    assert Membership.objects.count() == 1


def test_an_id_is_free_again_after_the_deletion(api: Api, stranger: Any) -> None:
    client = api(stranger)
    created(client.post(PROJECTS, {"id": CLIENT_ID}))
    client.delete(f"{PROJECTS}/{CLIENT_ID}")
    created(client.post(PROJECTS, {"id": CLIENT_ID}))


@pytest.mark.parametrize(
    "unknown", ["role", "created_at", "owner", "admin", "members", "memberships", "shared_with_team", CANARY]
)
def test_other_members_are_refused(api: Api, stranger: Any, unknown: str) -> None:
    assert invalid_fields(api(stranger).post(PROJECTS, {unknown: CANARY})) == {"body"}
    assert not Project.objects.exists()


@pytest.mark.parametrize("unknown", ["id", "role", "created_at", "updated_at", "owner", CANARY])
def test_so_they_are_in_a_change(api: Api, admin: Any, project: Project, unknown: str) -> None:
    client = api(admin)
    before = client.get(f"{PROJECTS}/{project.id}").json()
    assert invalid_fields(client.patch(f"{PROJECTS}/{project.id}", {"name": "X", unknown: str(uuid4())})) == {"body"}
    assert client.get(f"{PROJECTS}/{project.id}").json() == before


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_list_holds_what_the_caller_belongs_to(api: Api, admin: Any, viewer: Any, slash: str) -> None:
    make_project(admin, name="Not mine")
    make_project(admin, name="Shared", viewer=Role.VIEWER)
    make_project(viewer, name="Mine")
    page = api(viewer).get(PROJECTS + slash).json()
    assert page.keys() == LIST_FIELDS
    assert page["count"] == 2
    assert [(row["name"], row["role"]) for row in page["results"]] == [("Mine", "admin"), ("Shared", "viewer")]
    assert page["results"][0].keys() == FIELDS


@pytest.mark.parametrize("outsider", ["stranger", "exmember", "staff", "superuser"])
def test_outsiders_list_no_foreign_projects(
    api: Api, request: pytest.FixtureRequest, project: Project, outsider: str
) -> None:
    assert api(request.getfixturevalue(outsider)).get(PROJECTS).json()["results"] == []


def test_the_list_has_pages(api: Api, admin: Any) -> None:
    for name in "CAB":
        make_project(admin, name=name)
    client = api(admin)
    first = client.get(f"{PROJECTS}?limit=2").json()
    second = client.get(first["next"].removeprefix("http://testserver")).json()
    assert [[row["name"] for row in page["results"]] for page in (first, second)] == [["A", "B"], ["C"]]
    assert (first["count"], first["previous"], second["next"]) == (3, None, None)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_every_member_reads_the_project_with_their_role(
    api: Api, request: pytest.FixtureRequest, project: Project, role: str, slash: str
) -> None:
    answer = api(request.getfixturevalue(role)).get(f"{PROJECTS}/{project.id}{slash}")
    assert answer.status_code == 200
    assert answer.json()["project"]["role"] == role


@pytest.mark.parametrize("change", [{"name": "Beta"}, {"settings_md": "# Beta"}, {"tags": ["beta"]}, {"tags": []}])
def test_an_admin_changes_the_named_fields_only(api: Api, admin: Any, project: Project, change: dict[str, Any]) -> None:
    client, address = api(admin), f"{PROJECTS}/{project.id}"
    client.patch(address, {"settings_md": "before", "tags": ["before"]})
    before = client.get(address).json()["project"]
    after = client.patch(address, change).json()["project"]
    assert after == before | change | {"updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]
    assert client.get(address).json()["project"] == after


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_others_change_and_delete_nothing(
    api: Api, request: pytest.FixtureRequest, project: Project, role: str
) -> None:
    client, address = api(request.getfixturevalue(role)), f"{PROJECTS}/{project.id}"
    before = client.get(address).json()
    assert_problem(client.patch(address, {"name": "Mine"}), 403, "role_too_low")
    assert_problem(client.delete(address), 403, "role_too_low")
    assert client.get(address).json() == before


@pytest.mark.parametrize("outsider", ["stranger", "exmember", "staff", "superuser"])
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)])
def test_for_outsiders_it_does_not_exist(
    api: Api, request: pytest.FixtureRequest, project: Project, outsider: str, method: str, body: Any
) -> None:
    client = api(request.getfixturevalue(outsider))
    assert_problem(client.request(method, f"{PROJECTS}/{project.id}", body), 404, "not_found")
    assert Project.objects.get().name == "Alpha"


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_admin_deletes_it_at_once(api: Api, admin: Any, project: Project, slash: str) -> None:
    client, address = api(admin), f"{PROJECTS}/{project.id}"
    answer = client.delete(address + slash)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(client.get(address), 404, "not_found")
    assert_problem(client.delete(address), 404, "not_found")
    assert not Project.objects.exists()


def test_the_owner_is_the_first_admin_who_can_sign_in(
    api: Api, admin: Any, member: Any, viewer: Any, project: Project
) -> None:
    address = f"{PROJECTS}/{project.id}"
    shown = {user: api(user).get(address).json()["project"] for user in (admin, viewer)}
    assert [(each["owner_email"], each["is_owner"], each["member_count"]) for each in shown.values()] == [
        (admin.email, True, 3),
        (admin.email, False, 3),
    ]
    project.memberships.filter(user=member).update(role=Role.ADMIN)
    type(admin)._default_manager.filter(pk=admin.pk).update(is_active=False)
    (listed,) = api(member).get(PROJECTS).json()["results"]
    assert (listed["owner_email"], listed["is_owner"], listed["member_count"]) == (member.email, True, 3)


@pytest.mark.parametrize(
    ("query", "shown"),
    [("search=al", ["Alpha", "Gala"]), ("ordering=-name", ["Gala", "Beta", "Alpha"]), ("ordering=created_at", None)],
)
def test_projects_are_searched_and_sorted(api: Api, stranger: Any, query: str, shown: list[str] | None) -> None:
    made = ["Beta", "Alpha", "Gala"]
    for name in made:
        make_project(stranger, name=name)
    answer = api(stranger).get(f"{PROJECTS}?{query}").json()
    assert [row["name"] for row in answer["results"]] == (shown or made)


def test_projects_are_sorted_by_nothing_else(api: Api, stranger: Any) -> None:
    assert invalid_fields(api(stranger).get(f"{PROJECTS}?ordering=settings_md")) == {"ordering"}
