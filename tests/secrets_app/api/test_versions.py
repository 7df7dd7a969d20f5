"""GET /api/v1/secrets/{id}/versions and POST …/versions/{version}/restore"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as site_settings
from pytest_django import Settings

from projects.models import Project
from secrets_app.models import Secret, SecretVersion
from secrets_app.vault import open_value
from tests.cast import CANARY, Api, make_secret
from tests.contract import DETAIL_FIELDS, LIST_FIELDS, SECRETS, assert_problem, stored_value

VERSION_FIELDS = {"version", "masked_value", "is_current", "is_readable", "created_at"}


def value_number(number: int) -> str:
    """Return one of several values that all have different masks."""
    return f"{number:03}-the-value-of-version-{number:04}"


@pytest.fixture
def address(member: Any) -> str:
    """Return the address of a personal secret of `member`, at its first version."""
    return f"{SECRETS}/{make_secret(member, value=value_number(1)).id}"


def set_values(client: Any, address: str, numbers: range) -> None:
    for number in numbers:
        assert client.patch(address, {"value": value_number(number)}).json()["version"] == number


def listed(client: Any, address: str, query: str = "") -> list[int]:
    return [version["version"] for version in client.get(f"{address}/versions{query}").json()["results"]]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_new_secret_has_one_version(api: Api, member: Any, address: str, slash: str) -> None:
    page = api(member).get(f"{address}/versions{slash}").json()
    assert page.keys() == LIST_FIELDS
    assert page["count"] == 1
    assert page["results"][0].keys() == VERSION_FIELDS
    assert page["results"][0]["is_current"] is True


def test_versions_come_newest_first_each_with_its_mask(api: Api, member: Any, address: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 4))
    versions = client.get(f"{address}/versions").json()["results"]
    assert [version["masked_value"] for version in versions] == [
        "003••••••••0003",
        "002••••••••0002",
        "001••••••••0001",
    ]
    assert [version["is_current"] for version in versions] == [True, False, False]


def test_a_version_keeps_the_time_at_which_it_was_set(api: Api, member: Any, address: str) -> None:
    client = api(member)
    first = client.get(f"{address}/versions").json()["results"][0]["created_at"]
    set_values(client, address, range(2, 3))
    second, still_first = (row["created_at"] for row in client.get(f"{address}/versions").json()["results"])
    assert still_first == first < second


def test_other_changes_leave_the_time_of_the_version(api: Api, member: Any, address: str) -> None:
    client = api(member)
    before = client.get(f"{address}/versions").json()
    client.patch(address, {"description": "changed"})
    assert client.get(f"{address}/versions").json() == before


def test_the_last_10_are_kept(api: Api, member: Any, address: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 13))
    assert listed(client, address) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    assert SecretVersion.objects.count() == 9


@pytest.mark.parametrize(("kept", "left"), [(1, [5]), (2, [5, 4]), (4, [5, 4, 3, 2])])
def test_the_site_sets_how_many_are_kept(
    api: Api, member: Any, address: str, settings: Settings, kept: int, left: list[int]
) -> None:
    settings.SECRETS_APP = site_settings.SECRETS_APP | {"VERSIONS_KEPT": kept}
    client = api(member)
    set_values(client, address, range(2, 6))
    assert listed(client, address) == left


def test_a_lowered_setting_counts_from_the_next_value_on(
    api: Api, member: Any, address: str, settings: Settings
) -> None:
    client = api(member)
    set_values(client, address, range(2, 8))
    settings.SECRETS_APP = site_settings.SECRETS_APP | {"VERSIONS_KEPT": 3}
    set_values(client, address, range(8, 9))
    assert listed(client, address) == [8, 7, 6]


@pytest.mark.parametrize(
    ("query", "shown"), [("?limit=2", [4, 3]), ("?limit=2&offset=1", [3, 2]), ("?offset=3", [1]), ("?offset=9", [])]
)
def test_versions_are_paged(api: Api, member: Any, address: str, query: str, shown: list[int]) -> None:
    client = api(member)
    set_values(client, address, range(2, 5))
    assert listed(client, address, query) == shown
    assert client.get(f"{address}/versions{query}").json()["count"] == 4


@pytest.mark.parametrize("slash", ["", "/"])
def test_restoring_makes_a_former_value_the_next_version(api: Api, member: Any, address: str, slash: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 4))
    answer = client.post(f"{address}/versions/1/restore{slash}")
    assert answer.status_code == 200
    assert answer.json().keys() == DETAIL_FIELDS
    assert (answer.json()["version"], answer.json()["masked_value"]) == (4, "001••••••••0001")
    assert listed(client, address) == [4, 3, 2, 1]
    assert stored_value(answer.json()["id"]) == value_number(1)


def test_every_version_opens_after_all_that_moving(api: Api, member: Any, address: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 4))
    client.post(f"{address}/versions/2/restore")
    client.post(f"{address}/versions/1/restore")
    secret = Secret.objects.get()
    rows: list[Secret | SecretVersion] = [secret, *secret.former_versions.all()]
    assert [open_value(row).reveal() for row in rows] == [value_number(number) for number in (1, 2, 3, 2, 1)]


def test_a_version_of_a_project_opens_too(api: Api, member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.id, value=CANARY)
    client, address = api(member), f"{SECRETS}/{secret.id}"
    client.patch(address, {"value": "another"})
    answer = client.post(f"{address}/versions/1/restore")
    assert answer.status_code == 200
    assert CANARY not in answer.content.decode()
    assert stored_value(secret.id) == CANARY


def test_the_current_version_can_be_restored_too(api: Api, member: Any, address: str) -> None:
    answer = api(member).post(f"{address}/versions/1/restore")
    assert answer.json()["version"] == 2
    assert stored_value(answer.json()["id"]) == value_number(1)


def test_restoring_the_oldest_version_works_though_it_drops_out(api: Api, member: Any, address: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 11))
    assert client.post(f"{address}/versions/1/restore").status_code == 200
    assert listed(client, address) == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
    assert stored_value(Secret.objects.get().id) == value_number(1)


@pytest.mark.parametrize("version", ["0", "1", "13", "2147483648", "9223372036854775808", "9" * 30, "9" * 5000])
def test_a_version_that_is_not_kept_is_missing(api: Api, member: Any, address: str, version: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 13))
    assert_problem(client.post(f"{address}/versions/{version}/restore"), 404, "not_found")
    assert stored_value(Secret.objects.get().id) == value_number(12)


@pytest.mark.parametrize("version", ["-1", "+1", "1.0", "%D9%A1", "one", "%00", "1%0A"])
def test_a_version_that_is_no_number_is_missing(api: Api, member: Any, address: str, version: str) -> None:
    assert_problem(api(member).post(f"{address}/versions/{version}/restore"), 404, "not_found")


def test_a_version_of_another_secret_is_missing(api: Api, member: Any, address: str) -> None:
    client = api(member)
    set_values(client, address, range(2, 4))
    other = f"{SECRETS}/{make_secret(member, name='OTHER').id}"
    assert_problem(client.post(f"{other}/versions/2/restore"), 404, "not_found")


def test_restoring_honours_if_match(api: Api, member: Any, address: str) -> None:
    client = api(member)
    seen = client.get(address).headers["ETag"]
    set_values(client, address, range(2, 3))
    assert_problem(client.post(f"{address}/versions/1/restore", If_Match=seen), 412, "precondition_failed")
    present = client.get(address).headers["ETag"]
    answer = client.post(f"{address}/versions/1/restore", If_Match=present)
    assert answer.status_code == 200
    assert answer.headers["ETag"] not in (seen, present)


def test_restoring_takes_nothing_but_an_empty_object(api: Api, member: Any, address: str) -> None:
    client = api(member)
    assert client.post(f"{address}/versions/1/restore", {}).status_code == 200
    assert_problem(client.post(f"{address}/versions/1/restore", {"value": CANARY}), 400, "invalid")
    assert_problem(client.post(f"{address}/versions/1/restore", b"{"), 400, "invalid")
