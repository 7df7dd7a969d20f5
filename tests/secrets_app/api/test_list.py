"""GET /api/v1/secrets"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.utils import timezone

from projects.models import Project
from tests.cast import Api, make_secret
from tests.contract import DETAIL_FIELDS, LIST_FIELDS, SECRETS, invalid_fields


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [secret["name"] for secret in answer.json()["results"]]


def walk(client: Any, address: str, direction: str) -> list[list[str]]:
    """Return the names on each page, following `next` or `previous` to the end."""
    pages = []
    while address:
        answer = client.get(address)
        pages.append(names(answer))
        address = answer.json()[direction] and answer.json()[direction].removeprefix("http://testserver")
    return pages


def test_an_empty_list_is_an_object_too(api: Api, member: Any) -> None:
    assert api(member).get(SECRETS).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_each_secret_has_the_fields_of_the_contract_and_ours(api: Api, member: Any) -> None:
    make_secret(member)
    page = api(member).get(SECRETS).json()
    assert page.keys() == LIST_FIELDS
    assert page["count"] == 1
    assert page["results"][0].keys() == DETAIL_FIELDS


def test_it_is_ordered_by_name_character_by_character(api: Api, member: Any) -> None:
    for name in ["ZEBRA", "A_B", "AB", "A1", "A", "AB_", "A_", "A2"]:
        make_secret(member, name=name)
    assert names(api(member).get(SECRETS)) == ["A", "A1", "A2", "AB", "AB_", "A_", "A_B", "ZEBRA"]


def test_the_two_scopes_are_never_mixed(api: Api, member: Any, project: Project) -> None:
    make_secret(member, name="MINE")
    make_secret(member, name="OURS", project_id=project.id)
    assert names(api(member).get(SECRETS)) == ["MINE"]
    assert names(api(member).get(f"{SECRETS}?project_id={project.id}")) == ["OURS"]


def test_nobody_sees_personal_secrets_of_others(api: Api, member: Any, admin: Any, project: Project) -> None:
    make_secret(member, name="MINE")
    make_secret(admin, name="OWN")
    assert names(api(member).get(SECRETS)) == ["MINE"]
    assert names(api(admin).get(SECRETS)) == ["OWN"]


def test_each_project_has_a_list_of_its_own(api: Api, admin: Any, project: Project) -> None:
    other = api(admin).post("/api/v1/projects", {}).json()["project"]["id"]
    make_secret(admin, name="OURS", project_id=project.id)
    assert names(api(admin).get(f"{SECRETS}?project_id={other}")) == []


@pytest.mark.parametrize("address", [SECRETS, f"{SECRETS}/"])
def test_both_forms_of_the_address_work(api: Api, member: Any, address: str) -> None:
    make_secret(member)
    assert names(api(member).get(address)) == ["TOKEN"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("limit=2", ["A", "B"]),
        ("limit=2&offset=1", ["B", "C"]),
        ("offset=4", ["E"]),
        ("offset=5", []),
        ("offset=2147483647", []),
        ("limit=1&offset=0", ["A"]),
        ("limit=500", ["A", "B", "C", "D", "E"]),
    ],
)
def test_limit_and_offset_choose_the_page_and_count_tells_all(
    api: Api, member: Any, query: str, shown: list[str]
) -> None:
    for name in "ABCDE":
        make_secret(member, name=name)
    answer = api(member).get(f"{SECRETS}?{query}")
    assert names(answer) == shown
    assert answer.json()["count"] == 5


def test_next_leads_through_all_pages(api: Api, member: Any) -> None:
    for name in "ABCDE":
        make_secret(member, name=name)
    assert walk(api(member), f"{SECRETS}?limit=2", "next") == [["A", "B"], ["C", "D"], ["E"]]


def test_previous_leads_back(api: Api, member: Any) -> None:
    for name in "ABCDE":
        make_secret(member, name=name)
    assert walk(api(member), f"{SECRETS}?limit=2&offset=4", "previous") == [["E"], ["C", "D"], ["A", "B"]]


def test_next_keeps_to_the_project(api: Api, member: Any, project: Project) -> None:
    make_secret(member, name="A_PERSONAL")
    for name in "ABC":
        make_secret(member, name=name, project_id=project.id)
    address = f"{SECRETS}?project_id={project.id}&limit=2"
    page = api(member).get(address).json()
    assert parse_qs(urlsplit(page["next"]).query) == {
        "project_id": [str(project.id)],
        "limit": ["2"],
        "offset": ["2"],
    }
    assert walk(api(member), address, "next") == [["A", "B"], ["C"]]


def test_a_page_holds_100_unless_told(api: Api, member: Any) -> None:
    client = api(member)
    for hundred in range(1, 4):
        items = [{"name": f"N{hundred}{number:02}", "value": "x"} for number in range(34)]
        client.post(f"{SECRETS}/batch", {"secrets": items})
    page = client.get(SECRETS).json()
    assert (page["count"], len(page["results"])) == (102, 100)
    assert parse_qs(urlsplit(page["next"]).query) == {"limit": ["100"], "offset": ["100"]}


@pytest.mark.parametrize(
    ("search", "shown"),
    [("", ["API_KEY", "DB_URL", "OTHER"]), ("db", ["DB_URL", "OTHER"]), ("_", ["API_KEY", "DB_URL"]), ("%", [])],
)
def test_search_looks_into_names_and_descriptions(api: Api, member: Any, search: str, shown: list[str]) -> None:
    for name, description in [("DB_URL", ""), ("API_KEY", "For CI"), ("OTHER", "The db of tests")]:
        make_secret(member, name=name, description=description)
    answer = api(member).get(f"{SECRETS}?{urlencode({'search': search})}")
    assert names(answer) == shown
    assert answer.json()["count"] == len(shown)


@pytest.mark.parametrize(
    ("ordering", "shown"),
    [
        ("name", "ABCD"),
        ("-name", "DCBA"),
        ("expires_at", "CABD"),
        ("-expires_at", "ACBD"),
        ("last_used_at", "ABCD"),
        ("updated_at", "BACD"),
        ("-updated_at", "DCAB"),
    ],
)
def test_ordering_sorts_all_pages_with_missing_times_last(api: Api, member: Any, ordering: str, shown: str) -> None:
    later = timezone.now() + timedelta(days=2)
    for name, expires_at in [("B", None), ("A", later), ("C", later - timedelta(days=1)), ("D", None)]:
        make_secret(member, name=name, expires_at=expires_at)
    assert walk(api(member), f"{SECRETS}?limit=3&ordering={ordering}", "next") == [[*shown[:3]], [*shown[3:]]]


@pytest.mark.parametrize("ordering", ["", "value", "-", "--name", "mask", "created_by__password", "?"])
def test_nothing_else_can_be_sorted_by(api: Api, member: Any, ordering: str) -> None:
    assert invalid_fields(api(member).get(f"{SECRETS}?{urlencode({'ordering': ordering})}")) == {"ordering"}


def test_next_keeps_search_and_ordering(api: Api, member: Any) -> None:
    for name in ["A_1", "A_2", "A_3", "B"]:
        make_secret(member, name=name)
    assert walk(api(member), f"{SECRETS}?limit=2&search=a_&ordering=-name", "next") == [["A_3", "A_2"], ["A_1"]]


def test_head_answers_like_get_without_a_body(api: Api, member: Any) -> None:
    answer = api(member).request("HEAD", SECRETS)
    assert (answer.status_code, answer.content) == (200, b"")
