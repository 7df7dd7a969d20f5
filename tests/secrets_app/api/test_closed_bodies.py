"""Bodies are closed and typed: read-only and unknown members and values of another type are refused."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import SECRETS, assert_problem, invalid_fields, stored_value

pytestmark = pytest.mark.once

AN_ID = "1f0e9d8c-7b6a-4594-8372-6a5b4c3d2e1f"
SERVER_OWNED = {
    "id": AN_ID,
    "owner": 1,
    "owner_id": 1,
    "user_id": 1,
    "created_by": 1,
    "user": 1,
    "version": 7,
    "revision": 7,
    "scope": "project",
    "masked_value": CANARY,
    "mask": CANARY,
    "data_key": AN_ID,
    "data_key_id": AN_ID,
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "set_at": "2020-01-01T00:00:00Z",
    "last_used_at": "2020-01-01T00:00:00Z",
    "is_readable": True,
    "is_maskable": True,
    "is_quarantined": True,
    "quarantine_reason": "agent",
    "task_id": "other",
    "grant_id": "6a1e5a3c-0000-4000-8000-000000000000",
    "promoted_at": "2030-01-31T12:00:00Z",
    "project": AN_ID,
    "Name": "TOKEN",
    "pk": 1,
    "": 1,
    "__class__": CANARY,
    CANARY: CANARY,
    "non_field_errors": CANARY,
}
NOT_IN_CREATE = SERVER_OWNED | {"description": "x", "expires_at": "2031-01-01T00:00:00Z"}
NOT_IN_CREATE |= {"is_exempt_from_redaction": True}
NOT_IN_UPDATE = SERVER_OWNED | {"created_by_agent": True}
NOT_BOOLEAN = ["yes", "true", "false", "", 1, 0, 1.0, [], [True], {}]


@pytest.mark.parametrize(("member_name", "sent"), NOT_IN_CREATE.items())
def test_creating_takes_nothing_else(api: Api, member: Any, member_name: str, sent: Any) -> None:
    answer = api(member).post(SECRETS, {"name": "TOKEN", "value": CANARY, member_name: sent})
    assert invalid_fields(answer) == {"body"}
    assert not Secret.objects.exists()


@pytest.mark.parametrize(("member_name", "sent"), NOT_IN_UPDATE.items())
def test_updating_takes_nothing_else(api: Api, member: Any, member_name: str, sent: Any) -> None:
    client, secret = api(member), make_secret(member, value="before")
    address = f"{SECRETS}/{secret.id}"
    before = client.get(address).json()
    answer = client.patch(address, {"value": CANARY, "default_available": True, member_name: sent})
    assert invalid_fields(answer) == {"body"}
    assert client.get(address).json() == before
    assert stored_value(secret.id) == "before"


@pytest.mark.parametrize("flag", ["created_by_agent", "default_available"])
@pytest.mark.parametrize("sent", [*NOT_BOOLEAN, None])
def test_a_flag_is_true_or_false(api: Api, member: Any, flag: str, sent: Any) -> None:
    assert invalid_fields(api(member).post(SECRETS, {"name": "TOKEN", "value": CANARY, flag: sent})) == {flag}
    assert not Secret.objects.exists()


@pytest.mark.parametrize("sent", NOT_BOOLEAN)
def test_so_it_is_in_an_update(api: Api, member: Any, sent: Any) -> None:
    answer = api(member).patch(f"{SECRETS}/{make_secret(member).id}", {"default_available": sent})
    assert invalid_fields(answer) == {"default_available"}


@pytest.mark.parametrize("sent", [1, 0, True, [], {}, ["x"], None])
def test_a_description_is_a_string(api: Api, member: Any, sent: Any) -> None:
    answer = api(member).patch(f"{SECRETS}/{make_secret(member).id}", {"description": sent})
    assert invalid_fields(answer) == {"description"}


@pytest.mark.parametrize("override", ["DELETE", "PATCH", "PUT", "GET"])
def test_methods_are_not_overridden(api: Api, member: Any, override: str) -> None:
    client, secret = api(member), make_secret(member)
    headers = {"X_HTTP_Method_Override": override, "X_HTTP_Method": override, "X_Method_Override": override}
    assert_problem(client.post(f"{SECRETS}/{secret.id}", {}, **headers), 405, "method_not_allowed")
    assert client.get(f"{SECRETS}/{secret.id}", **headers).status_code == 200
    assert_problem(client.post(f"{SECRETS}?_method={override}", {}), 400, "invalid")
    assert Secret.objects.get().revision == secret.revision
