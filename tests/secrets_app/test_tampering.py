"""Whoever writes to the database can damage what is sealed, and never make it open to something else.

`make test-faults` tries tens of thousands of changes, and `make test` a sample.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from neo_base.access.actors import Actor
from secrets_app import vault
from secrets_app.actions.secrets import update_secret
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.audit.verification import verify
from secrets_app.errors import KeyUnavailable, Unreadable
from secrets_app.fields import Sealed
from secrets_app.models import AuditBlock, DataKey, Secret, SecretVersion
from secrets_app.plaintext import Plaintext
from tests.cast import make_project, make_secret
from tests.live.faults import WHOLE, Figure
from tests.secrets_app.conftest import forget_keys

Row = Secret | SecretVersion
Damage = Callable[[bytes], bytes]

CHANGES_OF_BLOBS = 20_000 if WHOLE else 400
CHANGES_OF_ROWS = 6_000 if WHOLE else 120
CHANGES_OF_KEYS = 5_000 if WHOLE else 100
CHANGES_OF_THE_LOG = 400 if WHOLE else 12
HEADER = 2 + 16
chance = random.Random(1512)


def flipped(blob: bytes) -> bytes:
    place = chance.randrange(len(blob))
    return blob[:place] + bytes([blob[place] ^ 1 << chance.randrange(8)]) + blob[place + 1 :]


def overwritten(blob: bytes) -> bytes:
    first = chance.randrange(len(blob))
    length = chance.randint(1, min(32, len(blob) - first))
    return blob[:first] + chance.randbytes(length) + blob[first + length :]


def cut(blob: bytes) -> bytes:
    return blob[: chance.randrange(HEADER, len(blob))]


def extended(blob: bytes) -> bytes:
    return blob + chance.randbytes(chance.randint(1, 64))


def with_a_hole(blob: bytes) -> bytes:
    first = chance.randrange(HEADER, len(blob))
    return blob[:first] + blob[first + chance.randint(1, 16) :]


def of_another_key(blob: bytes) -> bytes:
    return blob[:2] + uuid4().bytes + blob[HEADER:]


def of_an_earlier_form(blob: bytes) -> bytes:
    """Without the commitment, which the earlier form does not have."""
    return b"S\x01" + blob[2:HEADER] + blob[HEADER + 32 :]


DAMAGES: tuple[Damage, ...] = (flipped, overwritten, cut, extended, with_a_hole, of_another_key, of_an_earlier_form)


@pytest.fixture
def rows(member: Any, stranger: Any) -> list[Row]:
    """Secrets of two users and of two projects, each with a former version."""
    owners: list[Any] = [None, make_project(member).id, make_project(member).id]
    made = [make_secret(member, name=f"S{number}", project_id=owners[number % 3]) for number in range(6)]
    for secret in made:
        update_secret(actor=Actor.from_user(member), secret_id=secret.id, value=Plaintext(f"the new {secret.name}"))
    made += [make_secret(stranger, name="THEIRS")]
    return [*Secret.objects.filter(pk__in=[secret.pk for secret in made]), *SecretVersion.objects.all()]


def outcome(open_it: Callable[[], str]) -> str:
    """Return what came of opening; any other error than those that it promises fails the test."""
    try:
        open_it()
    except (Unreadable, KeyUnavailable):
        return "refused"
    return "accepted"


def openings(row: Row) -> tuple[Callable[[], str], Callable[[], str]]:
    return lambda: vault.open_value(row).reveal(), lambda: vault.open_mask(row)


@pytest.mark.django_db
def test_no_changed_ciphertext_opens(rows: list[Row], record_property: Figure) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(CHANGES_OF_BLOBS):
        row, damage = rows[number % len(rows)], DAMAGES[number % len(DAMAGES)]
        field, open_it = (("value", openings(row)[0]), ("mask", openings(row)[1]))[number % 2]
        sealed = getattr(row, field)
        changed = damage(sealed.blob)
        setattr(row, field, Sealed(changed))
        outcomes["unchanged" if changed == sealed.blob else outcome(open_it)] += 1
        setattr(row, field, sealed)
    assert outcomes["accepted"] == 0
    assert {outcome(open_it) for row in rows for open_it in openings(row)} == {"accepted"}
    record_property("tampering: ciphertexts", f"{outcomes['refused']} changed, {outcomes['accepted']} accepted")


def places(rows: list[Row]) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Yield a row and the columns that put something else in its place, for ever."""
    while True:
        one, other = chance.sample(rows, 2)
        yield one, {"value": other.value, "data_key_id": other.data_key_id}
        yield one, {"mask": other.mask, "value": other.value}
        yield one, {"value": one.mask, "mask": one.value}
        yield one, {"version": one.version + chance.choice([-1, 1, 2**31 - 1 - one.version])}
        yield one, {"value": Sealed(chance.choice(DAMAGES[:5])(one.value.blob)), "mask": Sealed(flipped(one.mask.blob))}


@pytest.mark.django_db
def test_nothing_opens_in_another_place_of_the_database(rows: list[Row], record_property: Figure) -> None:
    outcomes: Counter[str] = Counter()
    for (row, columns), _ in zip(places(rows), range(CHANGES_OF_ROWS), strict=False):
        rows_of: Any = type(row)._default_manager
        stored = rows_of.filter(pk=row.pk)
        before = {name: getattr(row, name) for name in columns}
        stored.update(**columns)
        outcomes[outcome(openings(stored.get())[0])] += 1
        stored.update(**before)
    assert outcomes == {"refused": CHANGES_OF_ROWS}
    record_property("tampering: rows", f"{outcomes['refused']} changed, {outcomes['accepted']} accepted")


def keys(rows: list[DataKey]) -> Iterator[tuple[DataKey, dict[str, Any]]]:
    """Yield a data key and columns that are not its own, for ever."""
    while True:
        one, other = chance.sample(rows, 2)
        yield one, {"wrapped": flipped(bytes(one.wrapped))}
        yield one, {"wrapped": chance.choice((overwritten, cut, extended, with_a_hole))(bytes(one.wrapped))}
        yield one, {"wrapped": bytes(other.wrapped)}
        yield one, {"master_key_id": f"{one.master_key_id}x"}
        yield one, {"wrapped": chance.randbytes(len(bytes(one.wrapped)))}


@pytest.mark.django_db
def test_no_changed_data_key_opens_anything(rows: list[Row], record_property: Figure) -> None:
    data_keys = list(DataKey.objects.all())
    sealed_by = {key.pk: next(row for row in rows if row.data_key_id == key.pk) for key in data_keys}
    outcomes: Counter[str] = Counter()
    for (key, columns), _ in zip(keys(data_keys), range(CHANGES_OF_KEYS), strict=False):
        before = {name: getattr(key, name) for name in columns}
        DataKey.objects.filter(pk=key.pk).update(**columns)
        vault._cipher.cache_clear()
        opened = outcome(openings(sealed_by[key.pk])[0])
        outcomes["unchanged" if columns == before else opened] += 1
        DataKey.objects.filter(pk=key.pk).update(**before)
    forget_keys()
    assert outcomes["accepted"] == 0
    assert {outcome(open_it) for row in rows for open_it in openings(row)} == {"accepted"}
    record_property("tampering: data keys", f"{outcomes['refused']} changed, {outcomes['accepted']} accepted")


def of_events(ids: list[UUID]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield rows of the audit log and columns that are not theirs, for ever."""
    events, blocks = writable_events(), AuditBlock.objects.all()
    while True:
        event = events.filter(pk=chance.choice(ids))
        yield event, {"event": "secret.promoted"}
        yield event, {"actor_label": "somebody else"}
        yield event, {"subject_id": str(uuid4())}
        yield event, {"data": {"version": chance.randrange(10**6)}}
        yield event, {"mac": chance.randbytes(32)}
        yield event, {"block": 2}
        block = blocks.filter(sequence=1)
        yield block, {"count": len(ids) + 1}
        yield block, {"root": chance.randbytes(32)}
        yield block, {"mac": chance.randbytes(32)}
        yield block, {"previous": chance.randbytes(32)}


@pytest.mark.django_db
def test_no_change_of_the_audit_log_is_taken_for_genuine(rows: list[Row], record_property: Figure) -> None:
    chain_events()
    assert verify().is_clean
    found = 0
    ids = list(writable_events().filter(event="secret.created").values_list("pk", flat=True))
    for (changed, columns), _ in zip(of_events(ids), range(CHANGES_OF_THE_LOG), strict=False):
        before = changed.values(*columns).get()
        changed.update(**columns)
        found += not verify().is_clean
        changed.update(**before)
    assert found == CHANGES_OF_THE_LOG
    assert verify().is_clean
    record_property("tampering: audit log", f"{found} changed, {CHANGES_OF_THE_LOG - found} accepted")
