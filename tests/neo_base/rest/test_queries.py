"""Query parameters: unknown, repeated and invalid ones are 400, never 500."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, PROJECTS, SECRETS, assert_problem, invalid_fields

pytestmark = pytest.mark.once

ODD_NUMBERS = [
    str(10**30),
    str(2**63),
    5_000 * "9",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "1\x00",
    "\u0661",
    "\uff11",
    "1.0",
    "1e1",
    "0x1",
    "1_0",
    "1,0",
    "",
    "null",
    "true",
    "NaN",
    CANARY,
]
UNKNOWN = [
    "user__password=x",
    "user=1",
    "format=json",
    "format=html",
    "page=1",
    "page_size=1",
    "cursor=x",
    "fields=value",
    "name=TOKEN",
    "name__regex=.",
    "value=x",
    "LIMIT=1",
    "limit[]=1",
    f"{CANARY}={CANARY}",
    f"{CANARY}",
    "=1",
    "=",
    "%00=1",
    "%FF=1",
    "%ED%A0%80=1",
]


@pytest.mark.parametrize("number", [*ODD_NUMBERS, "0", "501", "1000"])
@pytest.mark.parametrize("path", [SECRETS, PROJECTS])
def test_a_limit_is_a_number_from_1_to_500(api: Api, member: Any, path: str, number: str) -> None:
    assert invalid_fields(api(member).get(f"{path}?limit={quote(number)}")) == {"limit"}


@pytest.mark.parametrize("number", [*ODD_NUMBERS, str(2**31), "9999999999"])
@pytest.mark.parametrize("path", [SECRETS, PROJECTS])
def test_an_offset_is_a_number_from_0_on(api: Api, member: Any, path: str, number: str) -> None:
    assert invalid_fields(api(member).get(f"{path}?offset={quote(number)}")) == {"offset"}


@pytest.mark.parametrize("query", UNKNOWN)
def test_lists_take_nothing_else(api: Api, admin: Any, project: Project, query: str) -> None:
    client, secret = api(admin), make_secret(admin)
    lists = (SECRETS, PROJECTS, f"{PROJECTS}/{project.id}/members", f"{SECRETS}/{secret.id}/versions")
    for path in lists:
        assert invalid_fields(client.get(f"{path}?{query}")) == {"query"}
        assert invalid_fields(client.get(f"{path}?limit=1&{query}")) == {"query"}


@pytest.mark.parametrize("order", ["value", "-value", "mask", "", "name,id", "user__password", CANARY])
@pytest.mark.parametrize("path", [SECRETS, PROJECTS])
def test_an_order_is_one_of_a_few(api: Api, member: Any, path: str, order: str) -> None:
    assert invalid_fields(api(member).get(f"{path}?ordering={quote(order)}")) == {"ordering"}


@pytest.mark.parametrize("query", ["search=x", "ordering=name"])
def test_other_lists_are_neither_searched_nor_sorted(api: Api, admin: Any, project: Project, query: str) -> None:
    for path in (f"{PROJECTS}/{project.id}/members", f"{SECRETS}/{make_secret(admin).id}/versions"):
        assert invalid_fields(api(admin).get(f"{path}?{query}")) == {"query"}


@pytest.mark.parametrize("query", ["limit=1", "project_id=x", "version=1", "fields=value", "reveal=true", CANARY])
def test_everything_else_takes_no_query(api: Api, admin: Any, project: Project, query: str) -> None:
    client, secret = api(admin), make_secret(admin)
    item = {"name": "NEW", "value": CANARY}
    requests: list[tuple[str, str, Any]] = [
        ("POST", SECRETS, item),
        ("POST", BATCH, {"secrets": [item]}),
        ("GET", f"{SECRETS}/{secret.id}", None),
        ("PATCH", f"{SECRETS}/{secret.id}", {"value": CANARY}),
        ("DELETE", f"{SECRETS}/{secret.id}", None),
        ("POST", f"{SECRETS}/{secret.id}/versions/1/restore", None),
        ("POST", PROJECTS, {}),
        ("GET", f"{PROJECTS}/{project.id}", None),
        ("PATCH", f"{PROJECTS}/{project.id}", {"name": "changed"}),
        ("DELETE", f"{PROJECTS}/{project.id}", None),
    ]
    for method, path, body in requests:
        assert invalid_fields(client.request(method, f"{path}?{query}", body)) == {"query"}
    assert Secret.objects.get().revision == secret.revision
    assert Project.objects.get().name == "Alpha"


@pytest.mark.parametrize("query", ["limit=1&limit=1", "limit=1&limit=2", "offset=0&limit=1&offset=0", "x=1&x=2"])
def test_nothing_is_given_twice(api: Api, member: Any, query: str) -> None:
    assert invalid_fields(api(member).get(f"{SECRETS}?{query}")) == {"query"}


def test_two_projects_in_one_query_are_refused_in_any_order(
    api: Api, admin: Any, stranger: Any, project: Project
) -> None:
    other = api(stranger).post(PROJECTS, {}).json()["project"]["id"]
    client = api(admin)
    for first, second in ((other, project.id), (project.id, other), (project.id, project.id)):
        answer = client.get(f"{SECRETS}?project_id={first}&project_id={second}")
        assert answer.status_code in (400, 403)
        assert "results" not in answer.json()


def test_more_parameters_than_django_counts_are_a_problem_too(api: Api, member: Any) -> None:
    answer = api(member).get(f"{SECRETS}?{'&'.join(f'p{number}=1' for number in range(2_000))}")
    assert_problem(answer, 400, "parse_error")


def test_several_complaints_come_together(api: Api, member: Any) -> None:
    assert invalid_fields(api(member).get(f"{SECRETS}?limit=0&offset=-1&project_id=x")) == {
        "limit",
        "offset",
        "project_id",
    }
