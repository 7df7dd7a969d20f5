"""Masks: first 3 characters, eight bullets, last 4; only bullets where that would show more than half."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_app import vault
from secrets_app.models import Secret, SecretVersion
from tests.cast import Api, make_secret
from tests.contract import BULLETS, SECRETS

KEYS = "\U0001f511\U0001f510\U0001f512"
MASKS = [
    ("x", BULLETS),
    ("1234567", BULLETS),
    ("abcdefghijklm", BULLETS),
    ("abcdefghijklmn", f"abc{BULLETS}klmn"),
    ("abcdefghijklmno", f"abc{BULLETS}lmno"),
    (10_000 * "y", f"yyy{BULLETS}yyyy"),
    (14 * " ", f"   {BULLETS}    "),
    ("line\nbreaks\r\nin\n", f"lin{BULLETS}\nin\n"),
    (13 * "\U0001f511", BULLETS),
    (KEYS + 7 * "\U0001f513" + KEYS + "\U0001f511", f"{KEYS}{BULLETS}{KEYS}\U0001f511"),
    (7 * "e\u0301", f"e\u0301e{BULLETS}e\u0301e\u0301"),
    (7 * "\u00e9", BULLETS),
]


@pytest.mark.parametrize(("value", "mask"), MASKS)
def test_code_points_are_counted(api: Api, member: Any, value: str, mask: str) -> None:
    answer = api(member).post(SECRETS, {"name": "TOKEN", "value": value})
    assert answer.status_code == 201
    assert answer.json()["masked_value"] == mask


@pytest.mark.parametrize(("value", "mask"), MASKS)
def test_every_other_answer_shows_the_same_mask(api: Api, member: Any, value: str, mask: str) -> None:
    client, address = api(member), f"{SECRETS}/{make_secret(member, value='before').id}"
    assert client.patch(address, {"value": value}).json()["masked_value"] == mask
    assert client.get(address).json()["masked_value"] == mask
    assert client.get(SECRETS).json()["results"][0]["masked_value"] == mask
    assert client.get(f"{address}/versions").json()["results"][0]["masked_value"] == mask


def test_a_list_opens_each_mask_once(api: Api, member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {make_secret(member, name=f"TOKEN_{number}").id for number in range(5)}
    opened = []
    open_mask = vault.open_mask

    def noting(row: Secret | SecretVersion) -> str:
        opened.append(row.secret_id)
        return open_mask(row)

    monkeypatch.setattr(vault, "open_mask", noting)
    assert api(member).get(SECRETS).json()["count"] == 5
    assert sorted(opened) == sorted(ids)


@pytest.mark.usefixtures("each_way")
def test_a_list_opens_each_mask_once_and_no_value(api: Api, member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make_secret(member, name=f"N{number}") for number in range(5)]
    opened: list[tuple[str, str]] = []
    open_it = vault._open

    def noted(row: Any, field: str, sealed: Any) -> str:
        opened.append((str(row.secret_id), field))
        return open_it(row, field, sealed)

    monkeypatch.setattr(vault, "_open", noted)
    assert len(api(member).get(SECRETS).json()["results"]) == 5
    assert sorted(opened) == sorted((str(secret.id), "mask") for secret in made)
