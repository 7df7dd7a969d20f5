"""`manage.py audit`: chain, verify, export, prune."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app.audit import chaining, checkpoints
from secrets_app.audit.chaining import writable_events
from secrets_app.audit.recording import record
from secrets_app.audit.verification import verify
from secrets_app.models import AuditBlock, AuditEvent
from tests.secrets_app.audit.chains import add, delete_row, of_block


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


def test_chained_log_verifies(db: None) -> None:
    add(2)
    assert run("chain") == "Chained: 2.\n"
    unaltered, complete, explained = run("verify").splitlines()
    assert unaltered == "Unaltered: yes. The MACs of 2 events and 1 blocks match."
    assert complete.startswith("Complete: yes. Up to block 1 of ")
    assert complete.endswith("; 0 events are newer and not chained yet.")
    assert explained.startswith("Explained: yes. What gives access: ")


def test_seal_is_an_alias_of_chain(db: None) -> None:
    add(2)
    assert run("seal") == "Chained: 2.\n"


def test_deleted_event_ends_verification_with_1(chain: None) -> None:
    delete_row()
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("audit", "verify", stdout=out)
    assert ended.value.returncode == 1
    assert "Unaltered: yes." in out.getvalue()
    assert "Complete: NO, 1 findings.\n  block 2: it holds 2 events, and 3 were chained\n" in out.getvalue()


def test_export_ends_in_a_checkpoint_to_verify_against(chain: None, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text(run("export"))
    kinds = [json.loads(line)["kind"] for line in file.read_text().splitlines()]
    # The export itself is one more event.
    assert kinds == (["event"] * 3 + ["block"]) * 3 + ["event"] * 3 + ["checkpoint"]
    assert "Complete: yes." in run("verify", "--against", str(file))
    file.write_text(run("checkpoint"))
    writable_events().filter(block=3).delete()
    AuditBlock.objects.filter(sequence=3).delete()
    with pytest.raises(CommandError) as ended:
        run("verify", "--against", str(file))
    assert ended.value.returncode == 1


def test_exported_event_has_every_column(chain: None) -> None:
    first = json.loads(run("export").splitlines()[0])
    row = of_block(1)[0]
    assert first["mac"] == bytes(row.mac).hex()
    assert {*first} == {field.name for field in AuditEvent._meta.get_fields()} - {"granted_set_id"} | {"kind"}
    assert first["data"] == row.data


def test_export_can_begin_later(chain: None) -> None:
    lines = run("export", "--since", (timezone.now() + timedelta(days=1)).isoformat()).splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["event"] * 3 + ["checkpoint"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"kind": "checkpoint", "sequence": "1", "mac": ""}', "\x00"])
def test_file_without_checkpoint_ends_with_2(content: str, chain: None, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    file.write_text(content)
    with pytest.raises(CommandError, match="This file ends with no checkpoint") as ended:
        run("verify", "--against", str(file))
    assert ended.value.returncode == 2


def test_missing_file_ends_with_2(chain: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read") as ended:
        run("verify", "--against", str(tmp_path / "none"))
    assert ended.value.returncode == 2


def test_no_checkpoint_before_the_first_block(db: None) -> None:
    with pytest.raises(CommandError, match="There is no block yet"):
        run("checkpoint")


def test_pruned_log_still_verifies(chain: None) -> None:
    kept = checkpoints.latest()
    assert kept is not None
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert run("prune", "--before", later, "--dry-run") == "Events to prune: 9.\n"
    assert run("prune", "--before", later) == "Pruned: 9.\n"
    assert run("prune", "--before", later) == "Pruned: 0.\n"
    report = verify(against=[kept])
    assert report.is_clean
    assert (report.blocks, report.pruned, report.events) == (3, 3, 3)
    pruned = AuditEvent.objects.get(event="audit.pruned")
    assert (pruned.data["entries"], pruned.data["first_block"], pruned.data["last_block"]) == (9, 1, 3)


def test_newer_events_are_not_pruned(chain: None) -> None:
    assert run("prune", "--before", "2020-01-31") == "Pruned: 0.\n"
    assert AuditEvent.objects.count() == 11


def test_pruning_moved_to_another_block_is_found(chain: None) -> None:
    run("prune", "--before", (timezone.now() + timedelta(days=1)).isoformat())
    first = AuditBlock.objects.get(sequence=1)
    AuditBlock.objects.filter(sequence=2).update(pruned_mac=first.pruned_mac, pruned_at=first.pruned_at)
    assert verify().altered.shown == ["pruning of block 2: its MAC does not match"]


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", ""])
def test_malformed_time_is_refused(text: str, db: None) -> None:
    with pytest.raises(CommandError, match="Give a date or a time: 2026-01-31") as refused:
        run("prune", "--before", text)
    assert not text or text not in str(refused.value)


def test_verification_writes_no_event(db: None) -> None:
    record("audit.exported", actor=Actor.system("audit export"), subject=Subject("audit"))
    for _ in range(2):
        assert "1 events are newer" in run("verify")


class Stopped(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_next_run_chains_what_a_fault_left(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Each step is one pause of the command, and what happens meanwhile."""
    chain_events = chaining.chain_events

    def fail(**_: Any) -> int:
        raise OperationalError("canary-of-a-server")

    def write_while_it_cannot_be_chained() -> None:
        record("secret.deleted", actor=None, subject=Subject("secret", "1"), version=1)
        monkeypatch.setattr(chaining, "chain_events", fail)

    def come_back() -> None:
        assert AuditEvent.objects.filter(block=None).count() == 1
        monkeypatch.setattr(chaining, "chain_events", chain_events)

    def end() -> None:
        raise Stopped

    steps: list[Callable[[], None]] = [write_while_it_cannot_be_chained, come_back, end]
    monkeypatch.setattr(time, "sleep", lambda _: steps.pop(0)())
    with pytest.raises(Stopped):
        call_command("audit", "chain", "--every", "10", stdout=StringIO())

    assert AuditEvent.objects.filter(block=None).count() == 0
    assert "audit.seal_waits error=OperationalError" in caplog.text
    assert "canary" not in caplog.text
