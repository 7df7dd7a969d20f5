"""The index of exposures that are older than granted sets: verification finds what was removed from it or added to it,
and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app.audit import exposure_index
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.audit.pruning import prune
from secrets_app.audit.recording import build_event, write
from secrets_app.audit.verification import verify
from secrets_app.models import AuditBlock, AuditEvent, ExposedSecret

SECRETS = [UUID(int=number) for number in (1, 2, 3)]


def expose(*secret_ids: UUID) -> None:
    """Write an exposure as it was before granted sets."""
    given = [{"id": secret_id, "name": "TOKEN", "version": 1} for secret_id in secret_ids]
    event = build_event("environment.exposed", actor=None, subject=Subject("grant", "g"), secrets=given)
    write([event])
    ExposedSecret.objects.bulk_create([ExposedSecret(secret_id=each, event_id=event.id) for each in secret_ids])


@pytest.fixture(params=[1, 2, 1_000], ids=lambda chunk: f"{chunk} at once")
def exposed(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five exposures among other events, four of them chained, read in pieces of different sizes."""
    monkeypatch.setattr(exposure_index, "CHUNK", request.param)
    for number in range(4):
        write([build_event("secret.deleted", actor=None, subject=Subject("secret", str(SECRETS[0])), version=number)])
        expose(*SECRETS[: 1 + number % 3])
    chain_events()
    expose(SECRETS[1])


def exposure(number: int) -> AuditEvent:
    return AuditEvent.objects.filter(event="environment.exposed").order_by("id")[number]


def index_of(number: int) -> Any:
    return ExposedSecret.objects.filter(event_id=exposure(number).id)


def other_row() -> UUID:
    return AuditEvent.objects.filter(event="secret.deleted")[0].id


# What was done to the index, how many findings that makes, and how the first of them begins
TAMPERING: dict[str, tuple[Callable[[], Any], int, str]] = {
    "one taken out": (lambda: index_of(2).filter(secret_id=SECRETS[1]).delete(), 1, "missing index row"),
    "one of the first taken out": (lambda: index_of(0).delete(), 1, "missing index row"),
    "one of the newest taken out": (lambda: index_of(4).delete(), 1, "missing index row"),
    "a secret's all taken out": (
        lambda: ExposedSecret.objects.filter(secret_id=SECRETS[0]).delete(), 4, "missing index row",
    ),
    "all taken out": (lambda: ExposedSecret.objects.all().delete(), 8, "missing index row"),
    "one put in": (
        lambda: ExposedSecret.objects.create(event_id=exposure(0).id, secret_id=SECRETS[2]), 1, "unexpected index row",
    ),
    "one put in for a row of another event": (
        lambda: ExposedSecret.objects.create(event_id=other_row(), secret_id=SECRETS[0]), 1, "unexpected index row",
    ),
    "one put in for no row, in the middle": (
        lambda: ExposedSecret.objects.create(event_id=UUID(int=exposure(1).id.int + 1), secret_id=SECRETS[0]),
        1, "unexpected index row",
    ),
    "one put in before all rows": (
        lambda: ExposedSecret.objects.create(event_id=UUID(int=0), secret_id=SECRETS[0]), 1, "unexpected index row",
    ),
    "one put in after all rows": (
        lambda: ExposedSecret.objects.create(event_id=UUID(int=2**128 - 1), secret_id=SECRETS[0]),
        1, "unexpected index row",
    ),
    "one put in twice": (
        lambda: ExposedSecret.objects.create(event_id=exposure(0).id, secret_id=SECRETS[0]), 1, "unexpected index row",
    ),
    "one moved to another secret": (lambda: index_of(0).update(secret_id=uuid4()), 2, "unexpected index row"),
}  # fmt: skip


def test_untouched_index_is_clean(exposed: None) -> None:
    assert ExposedSecret.objects.count() == 8
    assert verify().is_clean


@pytest.mark.parametrize(("tamper", "count", "says"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_with_the_index_is_found(tamper: Callable[[], Any], count: int, says: str, exposed: None) -> None:
    tamper()
    report = verify()
    assert (report.altered.count, report.missing.count) == (0, count)
    assert all("index row: audit event " in text for text in report.missing.shown)
    assert report.missing.shown[0].startswith(says)


def test_pruning_prunes_the_index(exposed: None) -> None:
    before = AuditBlock.objects.get().chained_at
    assert prune(actor=Actor.system(), before=before) == 8
    assert ExposedSecret.objects.count() == 1
    assert verify().is_clean


def test_deleted_exposure_shows_in_chain_and_index(exposed: None) -> None:
    writable_events().filter(pk=exposure(0).pk).delete()
    texts = verify().missing.shown
    assert [text.partition(":")[0] for text in texts] == ["block 1", "unexpected index row"]


def test_edited_data_is_altered_and_crashes_nothing(exposed: None) -> None:
    for number, data in enumerate([{}, {"secrets": 7}, {"secrets": [None]}, {"secrets": [{"id": "x"}]}]):
        writable_events().filter(pk=exposure(number).pk).update(data=data)
    report = verify()
    assert report.altered.count == 4
    assert report.missing.count == 7


@pytest.mark.usefixtures("exposed")
def test_changes_during_verification_are_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    original, before = exposure_index._indexed, AuditBlock.objects.get().chained_at
    meanwhile: list[Callable[[], Any]] = [
        lambda: prune(actor=Actor.system(), before=before),
        lambda: expose(SECRETS[0]),
    ]

    def busy(*bounds: Any) -> Any:
        if meanwhile:
            meanwhile.pop()()
        return original(*bounds)

    monkeypatch.setattr(exposure_index, "_indexed", busy)
    found: list[str] = []
    exposure_index.check_index(found.append)
    assert (found, meanwhile) == ([], [])


def test_command_names_the_index_row(exposed: None) -> None:
    index_of(0).delete()
    output = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("audit", "verify", stdout=output)
    assert ended.value.returncode == 1
    assert "Unaltered: yes." in output.getvalue()
    assert f"missing index row: audit event {exposure(0).id} under secret {SECRETS[0]}" in output.getvalue()


def test_index_is_read_in_pieces(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure_index, "CHUNK", 3)
    for _ in range(10):
        expose(*SECRETS)
    pieces = [len(expected) for _, _, expected in exposure_index._pieces()]
    assert pieces == [9, 9, 9, 3, 0]
