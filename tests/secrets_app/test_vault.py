"""The vault: a ciphertext opens in its own row and nowhere else, and a damaged row affects no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.secrets import update_secret
from secrets_app.errors import KeyUnavailable, Unreadable
from secrets_app.fields import Sealed
from secrets_app.models import DataKey, Secret, SecretVersion
from secrets_app.plaintext import BULLETS, Plaintext
from tests.cast import CANARY, Api, make_project, make_secret
from tests.refusals import refusal_of
from tests.secrets_app.conftest import forget_keys

VALUES = [
    "x",
    " ",
    "\n",
    10_000 * "\U0001f511",
    "  leading, trailing \r\n",
    "-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n",
    "e\u0301 \u00e9 \ufb01 \u202e \ufeff \U0010ffff \x7f",
]


class Things:
    """Two projects and two users, each with a secret that has one former version."""

    def __init__(self, member: Any, stranger: Any) -> None:
        self.member, self.stranger = member, stranger
        self.project = make_project(member, stranger=Role.ADMIN)
        self.other_project = make_project(member, stranger=Role.ADMIN)
        self.secret = self._secret("TOKEN")
        self.sibling = self._secret("SIBLING")
        self.shared = self._secret("SHARED", self.project)
        self.shared_elsewhere = self._secret("ELSEWHERE", self.other_project)
        self.strangers = make_secret(stranger, name="THEIRS")

    def _secret(self, name: str, project: Project | None = None) -> Secret:
        secret = make_secret(self.member, name=name, project_id=project.id if project else None)
        return update_secret(actor=Actor.from_user(self.member), secret_id=secret.id, value=Plaintext(f"new {name}"))


@pytest.fixture
def things(member: Any, stranger: Any) -> Things:
    return Things(member, stranger)


def put(row: Any, **columns: Any) -> Any:
    rows = type(row)._default_manager.filter(pk=row.pk)
    rows.update(**columns)
    return rows.get()


def former(secret: Secret) -> SecretVersion:
    return secret.former_versions.get()


def renamed(secret: Secret) -> Secret:
    """Store the row under another id, as an attacker with SQL would."""
    SecretVersion.objects.filter(secret=secret).delete()
    with connection.cursor() as cursor:
        new_id = Secret._meta.pk.get_db_prep_value(uuid4(), connection)
        old_id = Secret._meta.pk.get_db_prep_value(secret.pk, connection)
        cursor.execute("UPDATE secrets_app_secret SET id = %s WHERE id = %s", [new_id, old_id])
    return Secret.objects.get(name=secret.name)


def put_key(things: Things, **columns: Any) -> Secret:
    DataKey.objects.filter(pk=things.secret.data_key_id).update(**columns)
    forget_keys()
    return things.secret


# Functions that move a ciphertext and return the row, whose value must not open.
MOVES: dict[str, Callable[[Things], Secret | SecretVersion]] = {
    "to another secret of the same user": lambda t: put(t.sibling, value=t.secret.value),
    "to another secret with its data key": lambda t: put(
        t.shared, value=t.secret.value, data_key_id=t.secret.data_key_id
    ),
    "from a project to its member": lambda t: put(t.secret, value=t.shared.value),
    "to another project": lambda t: put(t.shared_elsewhere, value=t.shared.value),
    "to another user": lambda t: put(t.strangers, value=t.secret.value),
    "the row to another user": lambda t: put(t.secret, user_id=t.stranger.pk),
    "the row to a project": lambda t: put(t.secret, user_id=None, project_id=t.project.id),
    "the row to another project": lambda t: put(t.shared, project_id=t.other_project.id),
    "the row from a project to a user": lambda t: put(t.shared, project_id=None, user_id=t.stranger.pk),
    "the row to another id": lambda t: renamed(t.secret),
    "the mask into the value": lambda t: put(t.secret, value=t.secret.mask),
    "a former value back": lambda t: put(t.secret, value=former(t.secret).value),
    "a former value back with its mask": lambda t: put(
        t.secret, value=former(t.secret).value, mask=former(t.secret).mask
    ),
    "the present value into a former version": lambda t: put(former(t.secret), value=t.secret.value),
    "the row to an earlier version": lambda t: put(t.secret, version=1),
    "the row to a later version": lambda t: put(t.secret, version=3),
    "a former version to another number": lambda t: put(former(t.secret), version=9),
    "a former version to another secret": lambda t: put(former(t.secret), secret_id=t.strangers.id),
    "the data key to another user": lambda t: put_key(t, user_id=t.stranger.pk, state="retiring"),
    "the data key to a project": lambda t: put_key(t, user_id=None, project_id=t.project.id, state="retiring"),
    "another data key into this one": lambda t: put_key(t, wrapped=t.shared.data_key.wrapped),
    "a data key that is not there": lambda t: put(
        t.secret, value=Sealed(t.secret.value.blob[:2] + uuid4().bytes + t.secret.value.blob[18:])
    ),
    "another data key's id": lambda t: put(
        t.secret, value=Sealed(t.secret.value.blob[:2] + t.shared.value.blob[2:18] + t.secret.value.blob[18:])
    ),
}
MASK_MOVES: dict[str, Callable[[Things], Secret | SecretVersion]] = {
    "the value into the mask": lambda t: put(t.secret, mask=t.secret.value),
    "the mask to another secret": lambda t: put(t.sibling, mask=t.secret.mask),
    "the mask to another project": lambda t: put(t.shared_elsewhere, mask=t.shared.mask),
    "the mask to another user": lambda t: put(t.strangers, mask=t.secret.mask),
    "a former mask back": lambda t: put(t.secret, mask=former(t.secret).mask),
    "the row to another version": lambda t: put(t.secret, version=1),
}


@pytest.mark.parametrize("text", VALUES, ids=range(len(VALUES)))
def test_a_sealed_value_comes_back_exactly(text: str, member: Any) -> None:
    secret = Secret.objects.get(pk=make_secret(member, value=text).pk)
    assert vault.open_value(secret).reveal() == text
    assert vault.open_mask(secret) == Plaintext(text).mask()


def test_the_same_value_twice_gives_different_ciphertexts(member: Any) -> None:
    first, second = make_secret(member, name="A"), make_secret(member, name="B")
    assert not {first.value, first.mask} & {second.value, second.mask}


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_moved_value_does_not_open(move: Callable[[Things], Secret | SecretVersion], things: Things) -> None:
    row = move(things)
    with pytest.raises(Unreadable):
        vault.open_value(row)


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("move", MASK_MOVES.values(), ids=MASK_MOVES)
def test_a_moved_mask_does_not_open(move: Callable[[Things], Secret | SecretVersion], things: Things) -> None:
    row = move(things)
    with pytest.raises(Unreadable):
        vault.open_mask(row)


def test_a_moved_value_opens_again_in_its_place(things: Things) -> None:
    put(things.secret, value=things.sibling.value)
    assert vault.open_value(put(things.secret, value=things.secret.value)).reveal() == "new TOKEN"


def test_every_flipped_byte_is_refused(things: Things) -> None:
    blob = things.secret.value.blob
    for position in range(len(blob)):
        things.secret.value = Sealed(blob[:position] + bytes([blob[position] ^ 1]) + blob[position + 1 :])
        assert refusal_of(vault.open_value, things.secret) is Unreadable, position


def test_every_shortened_or_lengthened_blob_is_refused(things: Things) -> None:
    blob = things.secret.value.blob
    for other in (*(blob[:length] for length in range(len(blob))), blob + b"\0", b"\0" + blob, blob + blob):
        things.secret.value = Sealed(other)
        assert refusal_of(vault.open_value, things.secret) is Unreadable, len(other)


@pytest.mark.usefixtures("fresh_process")
def test_a_damaged_data_key_opens_nothing(things: Things) -> None:
    wrapped = bytes(DataKey.objects.get(pk=things.secret.data_key_id).wrapped)
    for position in range(len(wrapped)):
        put_key(things, wrapped=wrapped[:position] + bytes([wrapped[position] ^ 1]) + wrapped[position + 1 :])
        assert refusal_of(vault.open_value, things.secret) is Unreadable, position


@pytest.mark.usefixtures("fresh_process")
def test_a_failure_is_not_cached(things: Things) -> None:
    forget_keys()
    wrapped = bytes(DataKey.objects.get(pk=things.secret.data_key_id).wrapped)
    keys = DataKey.objects.filter(pk=things.secret.data_key_id)
    keys.update(wrapped=b"damaged")
    assert refusal_of(vault.open_value, things.secret) is Unreadable
    keys.update(wrapped=wrapped)
    assert vault.open_value(things.secret).reveal() == "new TOKEN"


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("damage", [{"wrapped": b""}, {"wrapped": b"K\x01" + 60 * b"\0"}])
def test_a_damaged_data_key_seals_nothing_and_clients_are_told(
    damage: dict[str, Any], api: Api, things: Things
) -> None:
    client = api(things.member)
    put_key(things, **damage)
    answers = [
        client.post("/api/v1/secrets", {"name": "NEW", "value": CANARY}),
        client.post("/api/v1/secrets/batch", {"secrets": [{"name": "NEW", "value": CANARY}]}),
        client.patch(f"/api/v1/secrets/{things.secret.id}", {"value": CANARY}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == 3 * [(503, "key_unavailable")]
    assert not Secret.objects.filter(name="NEW").exists()


@pytest.mark.usefixtures("fresh_process")
def test_a_data_key_of_a_missing_master_key_is_unavailable(things: Things) -> None:
    put_key(things, master_key_id="elsewhere")
    assert refusal_of(vault.open_value, things.secret) is KeyUnavailable
    assert refusal_of(make_secret, things.member, name="NEW") is KeyUnavailable


class TestOneDamagedRow:
    """A damaged row: the list and the row itself stay usable, and no part of the value is returned."""

    @pytest.fixture
    def damaged(self, things: Things) -> Secret:
        row: Secret = put(things.secret, value=Sealed(b"damaged"), mask=Sealed(b""))
        return row

    def test_a_list_flags_it_and_shows_the_others(self, api: Api, damaged: Secret, things: Things) -> None:
        answer = api(things.member).get("/api/v1/secrets")
        shown = {row["name"]: (row["is_readable"], row["masked_value"]) for row in answer.json()["results"]}
        assert answer.status_code == 200
        assert shown == {"TOKEN": (False, BULLETS), "SIBLING": (True, BULLETS)}

    def test_the_secret_and_its_versions_are_shown(self, api: Api, damaged: Secret, things: Things) -> None:
        client, path = api(things.member), f"/api/v1/secrets/{damaged.id}"
        detail, versions = client.get(path), client.get(f"{path}/versions")
        assert (detail.status_code, detail.json()["is_readable"]) == (200, False)
        assert detail.json()["masked_value"] == BULLETS
        assert [row["is_readable"] for row in versions.json()["results"]] == [False, True]

    def test_the_damaged_value_cannot_be_restored(self, api: Api, damaged: Secret, things: Things) -> None:
        answer = api(things.member).post(f"/api/v1/secrets/{damaged.id}/versions/2/restore")
        assert (answer.status_code, answer.json()["code"]) == (409, "unreadable")
        damaged.refresh_from_db()
        assert (damaged.version, damaged.revision) == (2, 2)

    def test_a_former_value_can_be_restored(self, api: Api, damaged: Secret, things: Things) -> None:
        answer = api(things.member).post(f"/api/v1/secrets/{damaged.id}/versions/1/restore")
        assert (answer.status_code, answer.json()["is_readable"], answer.json()["version"]) == (200, True, 3)
        assert vault.open_value(Secret.objects.get(pk=damaged.pk)).reveal() == CANARY

    def test_a_new_value_repairs_it(self, api: Api, damaged: Secret, things: Things) -> None:
        answer = api(things.member).patch(f"/api/v1/secrets/{damaged.id}", {"value": "mended"})
        assert (answer.status_code, answer.json()["is_readable"]) == (200, True)

    def test_the_rest_of_it_can_be_changed_and_it_can_be_deleted(
        self, api: Api, damaged: Secret, things: Things
    ) -> None:
        client, path = api(things.member), f"/api/v1/secrets/{damaged.id}"
        assert client.patch(path, {"description": "broken"}).status_code == 200
        assert client.delete(path).status_code == 204

    def test_a_whole_mask_beside_a_damaged_value_gives_no_value(self, api: Api, things: Things) -> None:
        put(things.secret, value=Sealed(things.secret.value.blob[:-1]))
        client, path = api(things.member), f"/api/v1/secrets/{things.secret.id}"
        assert client.get("/api/v1/secrets").status_code == 200
        assert client.get(path).status_code == 200
        assert client.post(f"{path}/versions/2/restore").json()["code"] == "unreadable"

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite lets a column hold another type.")
    def test_text_and_numbers_in_the_column_are_unreadable(self, api: Api, things: Things) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE secrets_app_secret SET value = 'plain', mask = 7 WHERE name = 'TOKEN'")
        answer = api(things.member).get("/api/v1/secrets")
        assert [row["is_readable"] for row in answer.json()["results"]] == [True, False]
        assert refusal_of(vault.open_value, Secret.objects.get(name="TOKEN")) is Unreadable
