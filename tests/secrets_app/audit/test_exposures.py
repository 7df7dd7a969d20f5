"""The index of exposures: verification finds what somebody took out of it or put into it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from neo_base.access.actors import Actor
from neo_base.access.audit_subjects import Subject
from secrets_app.audit import exposures
from secrets_app.audit.pruning import prune
from secrets_app.audit.recording import entry, write
from secrets_app.audit.sealing import rows, seal
from secrets_app.audit.verification import verify
from secrets_app.models import AuditBlock, AuditEntry, ExposedSecret

SECRETS = [UUID(int=number) for number in (1, 2, 3)]


def expose(*secret_ids: UUID) -> None:
    given = [{"id": secret_id, "name": "TOKEN", "version": 1} for secret_id in secret_ids]
    write([entry("environment.exposed", actor=None, subject=Subject("grant", "g"), secrets=given)])


@pytest.fixture(params=[1, 2, 1_000], ids=lambda chunk: f"{chunk} at once")
def exposed(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five exposures among other rows, four of them sealed, read in pieces of different sizes."""
    monkeypatch.setattr(exposures, "CHUNK", request.param)
    for number in range(4):
        write([entry("secret.deleted", actor=None, subject=Subject("secret", str(SECRETS[0])), version=number)])
        expose(*SECRETS[: 1 + number % 3])
    seal()
    expose(SECRETS[1])


def exposure(number: int) -> AuditEntry:
    return AuditEntry.objects.filter(event="environment.exposed").order_by("id")[number]


def index_of(number: int) -> Any:
    return ExposedSecret.objects.filter(entry_id=exposure(number).id)


def other_row() -> UUID:
    return AuditEntry.objects.filter(event="secret.deleted")[0].id


# What somebody does to the index, how many findings that makes, and what the first of them says
TAMPERING: dict[str, tuple[Callable[[], Any], int, str]] = {
    "one taken out": (lambda: index_of(2).filter(secret_id=SECRETS[1]).delete(), 1, "it lacks row"),
    "one of the first taken out": (lambda: index_of(0).delete(), 1, "it lacks row"),
    "one of the newest taken out": (lambda: index_of(4).delete(), 1, "it lacks row"),
    "a secret's all taken out": (lambda: ExposedSecret.objects.filter(secret_id=SECRETS[0]).delete(), 4, "it lacks"),
    "all taken out": (lambda: ExposedSecret.objects.all().delete(), 8, "it lacks"),
    "one put in": (
        lambda: ExposedSecret.objects.create(entry_id=exposure(0).id, secret_id=SECRETS[2]), 1, "which is too much",
    ),
    "one put in for a row of another event": (
        lambda: ExposedSecret.objects.create(entry_id=other_row(), secret_id=SECRETS[0]), 1, "which is too much",
    ),
    "one put in for no row, in the middle": (
        lambda: ExposedSecret.objects.create(entry_id=UUID(int=exposure(1).id.int + 1), secret_id=SECRETS[0]),
        1, "which is too much",
    ),
    "one put in before all rows": (
        lambda: ExposedSecret.objects.create(entry_id=UUID(int=0), secret_id=SECRETS[0]), 1, "which is too much",
    ),
    "one put in after all rows": (
        lambda: ExposedSecret.objects.create(entry_id=UUID(int=2**128 - 1), secret_id=SECRETS[0]),
        1, "which is too much",
    ),
    "one put in twice": (
        lambda: ExposedSecret.objects.create(entry_id=exposure(0).id, secret_id=SECRETS[0]), 1, "which is too much",
    ),
    "one moved to another secret": (lambda: index_of(0).update(secret_id=uuid4()), 2, "which is too much"),
}  # fmt: skip


def test_as_it_was_written_it_is_clean(exposed: None) -> None:
    assert ExposedSecret.objects.count() == 8
    assert verify().is_clean


@pytest.mark.parametrize(("tamper", "count", "says"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_with_it_is_found_and_named(tamper: Callable[[], Any], count: int, says: str, exposed: None) -> None:
    tamper()
    report = verify()
    assert (report.altered.count, report.missing.count) == (0, count)
    assert all(text.startswith("index of exposures: ") for text in report.missing.shown)
    assert says in report.missing.shown[0]


def test_it_goes_with_what_is_pruned(exposed: None) -> None:
    before = AuditBlock.objects.get().sealed_at
    assert prune(actor=Actor.system(), before=before) == 8
    assert ExposedSecret.objects.count() == 1
    assert verify().is_clean


def test_a_deleted_exposure_shows_in_both(exposed: None) -> None:
    rows().filter(pk=exposure(0).pk).delete()
    texts = verify().missing.shown
    assert [text.partition(":")[0] for text in texts] == ["block 1", "index of exposures"]


def test_data_that_somebody_edited_is_no_crash(exposed: None) -> None:
    for number, data in enumerate([{}, {"secrets": 7}, {"secrets": [None]}, {"secrets": [{"id": "x"}]}]):
        rows().filter(pk=exposure(number).pk).update(data=data)
    report = verify()
    assert report.altered.count == 4
    assert report.missing.count == 7


@pytest.mark.usefixtures("exposed")
def test_what_is_written_or_pruned_meanwhile_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    original, before = exposures._indexed, AuditBlock.objects.get().sealed_at
    meanwhile: list[Callable[[], Any]] = [
        lambda: prune(actor=Actor.system(), before=before),
        lambda: expose(SECRETS[0]),
    ]

    def busy(*bounds: Any) -> Any:
        if meanwhile:
            meanwhile.pop()()
        return original(*bounds)

    monkeypatch.setattr(exposures, "_indexed", busy)
    found: list[str] = []
    exposures.check_index(found.append)
    assert (found, meanwhile) == ([], [])


def test_the_command_says_so(exposed: None) -> None:
    index_of(0).delete()
    output = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("audit", "verify", stdout=output)
    assert ended.value.returncode == 1
    assert "Unaltered: yes." in output.getvalue()
    assert f"index of exposures: it lacks row {exposure(0).id} under secret {SECRETS[0]}" in output.getvalue()


def test_it_reads_piece_by_piece(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposures, "CHUNK", 3)
    for _ in range(10):
        expose(*SECRETS)
    pieces = [len(expected) for _, _, expected in exposures._pieces()]
    assert pieces == [9, 9, 9, 3, 0]
