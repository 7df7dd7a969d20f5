"""The chain: an untouched log verifies, and each way of tampering with it in the database is found and named."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from secrets_app.audit import chaining, checkpoints
from secrets_app.audit.chaining import chain_events, digest_of, writable_events
from secrets_app.audit.verification import verify
from secrets_app.crypto import generate_key_line
from secrets_app.models import AuditBlock, AuditEvent
from secrets_app.models.time_ids import new_id
from tests.cast import make_secret, make_user
from tests.secrets_app.audit.chains import PER_BLOCK, add, delete_row, of_block
from tests.secrets_app.conftest import UseKeys


def change(row: AuditEvent, **columns: Any) -> None:
    """Change a row as an attacker can who writes to the database and has no key."""
    writable_events().filter(pk=row.pk).update(**columns)


def copy(row: AuditEvent, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    AuditEvent.objects.bulk_create([row])


def rewrite_block(sequence: int) -> None:
    """Make a block fit the events that are left, without the key for its MAC."""
    count, root = digest_of((row.id, bytes(row.mac)) for row in of_block(sequence))
    AuditBlock.objects.filter(sequence=sequence).update(count=count, root=root)


def swap_rows() -> None:
    one, other = of_block(1)[0], of_block(1)[2]
    at, other_at = one.at, other.at
    change(one, at=other_at)
    change(other, at=at)


def move_to_another_block() -> None:
    one, other = of_block(1)[0], of_block(2)[0]
    change(one, block=2)
    change(other, block=1)


def swap_blocks() -> None:
    two, three = AuditBlock.objects.get(sequence=2), AuditBlock.objects.get(sequence=3)
    columns = ("count", "root", "first_at", "last_at", "chained_at", "previous", "mac")
    for sequence, source in ((2, three), (3, two)):
        AuditBlock.objects.filter(sequence=sequence).update(**{name: getattr(source, name) for name in columns})
        writable_events().filter(block=sequence).update(block=sequence + 100)
    writable_events().filter(block=102).update(block=3)
    writable_events().filter(block=103).update(block=2)


def delete_row_and_mend_the_block() -> None:
    delete_row()
    rewrite_block(2)


def delete_block_in_the_middle() -> None:
    writable_events().filter(block=2).delete()
    AuditBlock.objects.filter(sequence=2).delete()


def delete_block_and_keep_its_rows() -> None:
    AuditBlock.objects.filter(sequence=3).delete()


def pretend_pruning() -> None:
    writable_events().filter(block=1).delete()
    AuditBlock.objects.filter(sequence=1).update(pruned_at=timezone.now(), pruned_mac=b"0" * 32)


# What was done; whether events or blocks are altered; whether some are missing or moved; what is named
TAMPERING: dict[str, tuple[Callable[[], Any], bool, bool, str]] = {
    "an edited column": (lambda: change(of_block(2)[0], actor_label="nobody"), True, False, "audit event "),
    "edited data": (lambda: change(of_block(2)[0], data={"version": 7}), True, False, "audit event "),
    "an edited time": (lambda: change(of_block(2)[0], at=timezone.now()), True, False, "audit event "),
    "an edited MAC": (lambda: change(of_block(2)[0], mac=b"0" * 32), True, True, "audit event "),
    "a short MAC": (lambda: change(of_block(2)[0], mac=b""), True, True, "audit event "),
    "an edited new row": (
        lambda: change(AuditEvent.objects.filter(block=None)[0], event="x.y"), True, False, "audit event ",
    ),
    "a deleted row": (delete_row, False, True, "block 2: it holds 2 events, and 3 were chained"),
    "a deleted row and a mended block": (delete_row_and_mend_the_block, True, False, "block 2: its MAC does not"),
    "a copied row": (
        lambda: copy(of_block(1)[0], pk=new_id(timezone.now())), True, True, "block 1: it holds 4 events",
    ),
    "a copied row, as a new one": (
        lambda: copy(of_block(1)[0], pk=new_id(timezone.now()), block=None), True, False, "audit event ",
    ),
    "an inserted row": (lambda: copy(of_block(1)[0], pk=UUID(int=1), mac=b"1" * 32), True, True, "block 1: it holds 4"),
    "rows that changed their times": (swap_rows, True, False, "audit event "),
    "rows that changed their blocks": (move_to_another_block, False, True, "block 1: its events are not the ones"),
    "blocks that changed places": (swap_blocks, True, True, "block 2: it does not follow from"),
    "a new row put into a block": (
        lambda: change(AuditEvent.objects.filter(block=None)[0], block=1), False, True, "block 1: it holds 4 events",
    ),
    "a row taken out of its block": (lambda: change(of_block(1)[0], block=None), False, True, "block 1: it holds 2"),
    "a block without rows": (
        lambda: writable_events().filter(block=2).delete(), False, True, "block 2: it holds 0 events",
    ),
    "a block that is gone": (delete_block_in_the_middle, False, True, "block 3: it follows block 1"),
    "the first block gone": (
        lambda: AuditBlock.objects.filter(sequence=1).delete(), False, True, "block 2: it follows block 0",
    ),
    "a last block without its head": (delete_block_and_keep_its_rows, False, True, "belongs to block 3, which does"),
    "an edited block": (lambda: AuditBlock.objects.filter(sequence=2).update(count=4), True, True, "block 2"),
    "an edited time of a block": (
        lambda: AuditBlock.objects.filter(sequence=2).update(last_at=timezone.now()), True, False, "block 2",
    ),
    "a pretended pruning": (pretend_pruning, True, False, "pruning of block 1: its MAC does not"),
    "a pruning of rows that are there": (
        lambda: AuditBlock.objects.filter(sequence=1).update(pruned_at=timezone.now(), pruned_mac=b""),
        True, True, "pruning of block 1: it still has",
    ),
}  # fmt: skip


def test_empty_log_is_clean(db: None) -> None:
    assert verify().is_clean
    assert chain_events() == 0


def test_untouched_log_is_clean(chain: None) -> None:
    report = verify()
    assert report.is_clean
    assert (report.events, report.blocks, report.unchained) == (11, 3, 2)
    assert report.last is not None
    assert report.last.sequence == 3


def test_chaining_continues_after_the_last_block(chain: None) -> None:
    assert chain_events(events_per_block=PER_BLOCK) == 2
    assert chain_events() == 0
    assert verify().is_clean
    assert list(AuditBlock.objects.values_list("sequence", "count")) == [(1, 3), (2, 3), (3, 3), (4, 2)]


def test_events_written_meanwhile_are_left_to_the_next_run(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    late = iter(range(5))

    def slow_digest(entries: Any) -> tuple[int, bytes]:
        add(1 if next(late, None) is not None else 0)
        return digest_of(entries)

    add(4)
    monkeypatch.setattr(chaining, "digest_of", slow_digest)
    assert chain_events(events_per_block=PER_BLOCK) == 5
    assert list(AuditBlock.objects.values_list("count", flat=True)) == [3, 2]
    assert AuditEvent.objects.filter(block=None).count() == 1


@pytest.mark.parametrize(("tamper", "altered", "missing", "named"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found_and_named(
    tamper: Callable[[], Any], altered: bool, missing: bool, named: str, chain: None
) -> None:
    tamper()
    report = verify()
    assert (report.altered.count > 0, report.missing.count > 0) == (altered, missing)
    assert any(named in text for text in [*report.altered.shown, *report.missing.shown])
    assert not report.is_clean


@pytest.mark.parametrize("added", [0, 1], ids=["cut off", "cut off and chained again"])
def test_only_a_checkpoint_shows_a_cut_off_end(added: int, chain: None) -> None:
    kept = checkpoints.latest()
    assert kept is not None
    assert verify(against=[kept]).is_clean
    writable_events().filter(block=3).delete()
    AuditBlock.objects.filter(sequence=3).delete()
    for _ in range(added):
        chain_events()
    assert verify().is_clean
    report = verify(against=[kept])
    assert [text.partition(":")[0] for text in report.missing.shown] == ["checkpoint"]


def test_event_or_block_under_another_key_is_altered(use_keys: UseKeys, db: None) -> None:
    one, other = generate_key_line("one"), generate_key_line("other")
    use_keys(one, other)
    add(2)
    chain_events()
    change(of_block(1)[0], key_id="other")
    AuditBlock.objects.update(key_id="other")
    assert [text.partition(":")[0] for text in verify().altered.shown] == [
        "block 1",
        f"audit event {of_block(1)[0].id}",
    ]


def test_log_is_clean_across_a_new_master_key(use_keys: UseKeys, db: None) -> None:
    one, other = generate_key_line("one"), generate_key_line("other")
    use_keys(one)
    add(2)
    chain_events()
    use_keys(other, one)
    add(2)
    chain_events()
    assert verify().is_clean
    assert list(AuditBlock.objects.values_list("key_id", flat=True)) == ["one", "other"]


def test_missing_key_ends_verification_with_2(use_keys: UseKeys, db: None) -> None:
    use_keys(generate_key_line("one"))
    add(2)
    chain_events()
    use_keys(generate_key_line("other"))
    report = verify()
    assert (report.altered.count, report.missing.count, report.unknown_keys.count) == (0, 0, 3)
    with pytest.raises(CommandError) as ended:
        call_command("audit", "verify", stdout=StringIO())
    assert ended.value.returncode == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one transaction write at a time")
def test_event_of_a_long_transaction_is_chained_later() -> None:
    written, may_commit = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            add(1)
            written.set()
            may_commit.wait(30)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert written.wait(30)
    add(3)
    assert chain_events() == 3
    late = AuditEvent.objects.count()
    may_commit.set()
    thread.join()
    assert (late, AuditEvent.objects.filter(block=None).count()) == (3, 1)
    assert AuditEvent.objects.filter(block=None).get().id < of_block(1)[0].id
    assert chain_events() == 1
    assert verify().is_clean


@pytest.mark.django_db(transaction=True)
def test_parallel_runs_chain_each_event_once() -> None:
    add(40)

    def one() -> None:
        for _ in range(20):
            chain_events(events_per_block=2)
        connection.close()

    threads = [Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain_events(events_per_block=2)
    assert verify().is_clean
    assert sum(AuditBlock.objects.values_list("count", flat=True)) == 40


@pytest.mark.django_db(transaction=True)
def test_chaining_beside_writers_loses_no_event() -> None:
    done, writers = Event(), 8
    users = [make_user(f"writer{number}") for number in range(writers)]
    made: list[str] = []

    def write_on(user: Any) -> None:
        made.extend(str(make_secret(user, name=f"S{number}").id) for number in range(10))
        connection.close()

    def chain_on() -> None:
        while not done.wait(0.01):
            chain_events(events_per_block=7)
        connection.close()

    chaining = Thread(target=chain_on)
    chaining.start()
    threads = [Thread(target=write_on, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    chaining.join()
    chain_events()
    assert len(made) == writers * 10
    assert sorted(AuditEvent.objects.values_list("subject_id", flat=True)) == sorted(made)
    report = verify()
    assert report.is_clean
    assert report.unchained == 0


def test_verification_queries_do_not_grow_with_events(db: None, django_assert_num_queries: Any) -> None:
    add(50)
    chain_events()
    # The end, the blocks, their events, new events, strays, exposures, their index; two kinds of events that name sets,
    # the sets, and their index.
    with django_assert_num_queries(12):
        verify()
