"""Sizes of bodies: at most 1 MiB, for the batch 8 MiB; one byte more is 413."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, MEBIBYTE, PROJECTS, SECRETS, assert_problem, stored_value

pytestmark = pytest.mark.once

ITEM = {"name": "TOKEN", "value": CANARY}


def padded(body: dict[str, Any], size: int) -> bytes:
    """Return `body` as JSON of exactly `size` bytes."""
    return json.dumps(body).encode().ljust(size)


@pytest.mark.parametrize(
    ("path", "body", "limit"),
    [(SECRETS, ITEM, MEBIBYTE), (BATCH, {"secrets": [ITEM]}, 8 * MEBIBYTE), (PROJECTS, {"name": "x"}, MEBIBYTE)],
)
def test_the_limit_is_exact(api: Api, member: Any, path: str, body: dict[str, Any], limit: int) -> None:
    client = api(member)
    assert_problem(client.post(path, padded(body, limit + 1)), 413, "body_too_large")
    assert not Secret.objects.exists()
    assert client.post(path, padded(body, limit)).status_code == 201


def test_a_change_has_the_same_limit(api: Api, member: Any) -> None:
    client, address = api(member), f"{SECRETS}/{make_secret(member, value='before').id}"
    body = {"value": "after"}
    assert_problem(client.patch(address, padded(body, MEBIBYTE + 1)), 413, "body_too_large")
    assert stored_value(Secret.objects.get().id) == "before"
    assert client.patch(address, padded(body, MEBIBYTE)).status_code == 200


def test_the_size_is_asked_before_the_content(api: Api, member: Any) -> None:
    assert_problem(api(member).post(SECRETS, (MEBIBYTE + 1) * b"["), 413, "body_too_large")
    assert_problem(api(member).post(SECRETS, (MEBIBYTE + 1) * b"\xff"), 413, "body_too_large")


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_body_is_refused_where_the_method_takes_none(api: Api, member: Any, method: str) -> None:
    address = f"{SECRETS}/{make_secret(member).id}"
    answer = api(member).request(method, address, ITEM)
    assert answer.status_code == 400
    assert Secret.objects.exists()


def test_an_unsupported_method_is_405_whatever_its_body(api: Api, member: Any) -> None:
    answer = api(member).request("DELETE", BATCH, ITEM)
    assert answer.status_code == 405


def test_50_of_the_longest_values_fit_a_batch_in_any_escaping(api: Api, member: Any) -> None:
    value = 10_000 * "\U0001f511"
    items = [{"name": f"N{number}", "value": value} for number in range(50)]
    body = json.dumps({"secrets": items}, ensure_ascii=True).encode()
    assert 5 * MEBIBYTE < len(body) < 8 * MEBIBYTE
    assert api(member).post(BATCH, body).status_code == 201
