"""PATCH /api/v1/secrets/{id}"""

from __future__ import annotations

from typing import Any

import pytest

from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import DETAIL_FIELDS, SECRETS, assert_problem, invalid_fields, stored_value


@pytest.fixture
def address(member: Any) -> str:
    """Return the address of a personal secret of `member`."""
    return f"{SECRETS}/{make_secret(member, value='the first value').id}"


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {field for field in before if before[field] != after[field]}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("setting", [True, False])
def test_default_available_is_set(api: Api, member: Any, address: str, setting: bool, slash: str) -> None:
    answer = api(member).patch(address + slash, {"default_available": setting})
    assert answer.status_code == 200
    assert answer.json().keys() == DETAIL_FIELDS
    assert answer.json()["default_available"] is setting


@pytest.mark.parametrize("before", [True, False])
def test_null_leaves_default_available_as_it_is(api: Api, member: Any, before: bool) -> None:
    secret = make_secret(member, default_available=before)
    answer = api(member).patch(f"{SECRETS}/{secret.id}", {"default_available": None})
    assert answer.status_code == 200
    assert answer.json()["default_available"] is before


@pytest.mark.parametrize("body", [{}, {"default_available": None}, b""], ids=["empty object", "null", "no body"])
def test_nothing_to_set_changes_nothing(api: Api, member: Any, address: str, body: Any) -> None:
    client = api(member)
    before = client.get(address)
    answer = client.patch(address, body)
    assert answer.status_code == 200
    assert answer.json() == before.json()
    assert answer.headers["ETag"] == before.headers["ETag"]


def test_a_value_makes_a_new_version(api: Api, member: Any, address: str) -> None:
    client = api(member)
    before = client.get(address).json()
    answer = client.patch(address, {"value": CANARY})
    assert answer.status_code == 200
    assert changed(before, answer.json()) == {"version", "masked_value", "updated_at"}
    assert answer.json()["version"] == 2
    assert CANARY not in answer.content.decode()
    assert stored_value(before["id"]) == CANARY


def test_the_same_value_again_is_a_new_version_too(api: Api, member: Any, address: str) -> None:
    assert api(member).patch(address, {"value": "the first value"}).json()["version"] == 2


def test_other_changes_make_no_version(api: Api, member: Any, address: str) -> None:
    client = api(member)
    before = client.get(address).json()
    body = {"description": "Line 1\nLine 2 ", "default_available": True, "expires_at": "2031-02-03T04:05:06+02:00"}
    after = client.patch(address, body).json()
    assert changed(before, after) == {"description", "default_available", "expires_at", "updated_at"}
    assert after["description"] == "Line 1\nLine 2 "
    assert after["expires_at"] == "2031-02-03T02:05:06Z"
    assert stored_value(before["id"]) == "the first value"


def test_each_change_is_kept(api: Api, member: Any, address: str) -> None:
    client = api(member)
    answer = client.patch(address, {"description": "For CI", "expires_at": "2031-02-03T04:05:06.789Z"})
    assert client.get(address).json() == answer.json()


def test_what_is_not_named_stays(api: Api, member: Any, address: str) -> None:
    client = api(member)
    client.patch(address, {"description": "For CI", "expires_at": "2031-01-01T00:00:00Z"})
    after = client.patch(address, {"default_available": True}).json()
    assert (after["description"], after["expires_at"]) == ("For CI", "2031-01-01T00:00:00Z")


def test_null_removes_the_expiry(api: Api, member: Any, address: str) -> None:
    client = api(member)
    client.patch(address, {"expires_at": "2031-01-01T00:00:00Z"})
    assert client.patch(address, {"expires_at": None}).json()["expires_at"] is None


def test_a_description_may_be_removed(api: Api, member: Any, address: str) -> None:
    client = api(member)
    client.patch(address, {"description": "For CI"})
    assert client.patch(address, {"description": ""}).json()["description"] == ""


@pytest.mark.parametrize(
    "sent",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2031-01-01T00:00:00-23:59", "2000-02-29t12:00:00z"],
)
def test_any_moment_that_can_be_written_is_an_expiry(api: Api, member: Any, address: str, sent: str) -> None:
    client = api(member)
    answer = client.patch(address, {"expires_at": sent})
    assert answer.status_code == 200
    assert client.get(address).json()["expires_at"] == answer.json()["expires_at"]


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "2031-01-01",
        "2031-01-01T00:00:00",
        "2031-01-01 00:00:00Z",
        "2031-02-29T00:00:00Z",
        "2031-13-01T00:00:00Z",
        "2031-01-01T24:00:01Z",
        "2031-01-01T00:00:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2031-01-01T00:00:00+24:00",
        "2031-01-01T00:00:00Z\n",
        "\u0662031-01-01T00:00:00Z",
        "20310101T000000Z",
        CANARY,
        1924992000,
        True,
        ["2031-01-01T00:00:00Z"],
    ],
)
def test_other_expiries_are_refused(api: Api, member: Any, address: str, sent: Any) -> None:
    assert invalid_fields(api(member).patch(address, {"expires_at": sent})) == {"expires_at"}


@pytest.mark.parametrize(("length", "status"), [(500, 200), (501, 400)])
def test_a_description_has_at_most_500_characters(
    api: Api, member: Any, address: str, length: int, status: int
) -> None:
    assert api(member).patch(address, {"description": "\U0001f511" * length}).status_code == status


def test_an_invalid_member_stops_the_valid_ones(api: Api, member: Any, address: str) -> None:
    client = api(member)
    before = client.get(address).json()
    answer = client.patch(address, {"value": CANARY, "description": 501 * "x"})
    assert invalid_fields(answer) == {"description"}
    assert client.get(address).json() == before
    assert stored_value(before["id"]) == "the first value"


def test_every_change_gets_another_etag(api: Api, member: Any, address: str) -> None:
    client = api(member)
    bodies: list[dict[str, Any]] = [{"description": "a"}, {"default_available": True}, {"value": "b"}]
    tags = [client.get(address).headers["ETag"], *(client.patch(address, body).headers["ETag"] for body in bodies)]
    assert len(set(tags)) == len(tags)
    assert client.get(address).headers["ETag"] == tags[-1]


@pytest.mark.parametrize("form", ["{}", '"other", {}', '{} , "other"', "*"])
def test_the_present_etag_lets_a_change_through(api: Api, member: Any, address: str, form: str) -> None:
    client = api(member)
    if_match = form.format(client.get(address).headers["ETag"])
    answer = client.patch(address, {"description": "changed"}, If_Match=if_match)
    assert answer.status_code == 200
    assert answer.json()["description"] == "changed"


@pytest.mark.parametrize("if_match", ['"0"', '"other"', 'W/"1"', "1", "", "garbage, garbage", '"*"'])
@pytest.mark.parametrize("body", [{"value": CANARY, "description": "changed"}, {}])
def test_another_etag_is_412_and_changes_nothing(
    api: Api, member: Any, address: str, if_match: str, body: dict[str, str]
) -> None:
    client = api(member)
    before = client.get(address).json()
    assert_problem(client.patch(address, body, If_Match=if_match), 412, "precondition_failed")
    assert client.get(address).json() == before


def test_the_second_change_of_the_same_state_is_refused(api: Api, member: Any, address: str) -> None:
    client = api(member)
    seen = client.get(address).headers["ETag"]
    assert client.patch(address, {"value": "from the first"}, If_Match=seen).status_code == 200
    assert_problem(client.patch(address, {"value": "from the second"}, If_Match=seen), 412, "precondition_failed")
    assert open_only() == "from the first"


def open_only() -> str:
    return stored_value(Secret.objects.get().id)
