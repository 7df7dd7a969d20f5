"""`manage.py audit`: seal, verify, write out, prune."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.audit_subjects import Subject
from secrets_app.audit import checkpoints, sealing
from secrets_app.audit.recording import record
from secrets_app.audit.sealing import rows
from secrets_app.audit.verification import verify
from secrets_app.models import AuditBlock, AuditEntry
from tests.secrets_app.audit.chains import add, delete_row, of_block


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_seals_and_says_that_all_is_well(db: None) -> None:
    add(2)
    assert run("seal") == "Sealed: 2.\n"
    unaltered, complete = run("verify").splitlines()
    assert unaltered == "Unaltered: yes. 2 rows and 1 blocks carry their MAC."
    assert complete.startswith("Complete: yes. Up to block 1 of ")
    assert complete.endswith("; 0 rows are newer and not sealed yet.")


def test_the_command_answers_the_two_questions_apart_and_ends_with_1(chain: None) -> None:
    delete_row()
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("audit", "verify", stdout=out)
    assert ended.value.returncode == 1
    assert "Unaltered: yes." in out.getvalue()
    assert "Complete: NO, 1 findings.\n  block 2: it holds 2 rows and sealed 3\n" in out.getvalue()


def test_an_export_holds_everything_and_ends_in_a_checkpoint_to_verify_against(chain: None, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text(run("export"))
    kinds = [json.loads(line)["kind"] for line in file.read_text().splitlines()]
    # The export itself is one more event.
    assert kinds == (["entry"] * 3 + ["block"]) * 3 + ["entry"] * 3 + ["checkpoint"]
    assert "Complete: yes." in run("verify", "--against", str(file))
    file.write_text(run("checkpoint"))
    rows().filter(block=3).delete()
    AuditBlock.objects.filter(sequence=3).delete()
    with pytest.raises(CommandError) as ended:
        run("verify", "--against", str(file))
    assert ended.value.returncode == 1


def test_an_exported_row_has_all_that_its_mac_covers(chain: None) -> None:
    first = json.loads(run("export").splitlines()[0])
    row = of_block(1)[0]
    assert first["mac"] == bytes(row.mac).hex()
    assert {*first} == {field.name for field in AuditEntry._meta.get_fields()} | {"kind"}
    assert first["data"] == row.data


def test_an_export_can_begin_later(chain: None) -> None:
    lines = run("export", "--since", (timezone.now() + timedelta(days=1)).isoformat()).splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["entry"] * 3 + ["checkpoint"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"kind": "checkpoint", "sequence": "1", "mac": ""}', "\x00"])
def test_what_is_no_checkpoint_is_refused_with_2(content: str, chain: None, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    file.write_text(content)
    with pytest.raises(CommandError, match="There is no checkpoint in this file") as ended:
        run("verify", "--against", str(file))
    assert ended.value.returncode == 2


def test_a_file_that_is_not_there_is_refused_with_2(chain: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read") as ended:
        run("verify", "--against", str(tmp_path / "none"))
    assert ended.value.returncode == 2


def test_there_is_no_checkpoint_before_the_first_block(db: None) -> None:
    with pytest.raises(CommandError, match="Nothing is sealed yet"):
        run("checkpoint")


def test_pruned_rows_are_gone_and_the_chain_is_proven_still(chain: None) -> None:
    kept = checkpoints.latest()
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert run("prune", "--before", later, "--dry-run") == "Rows to prune: 9.\n"
    assert run("prune", "--before", later) == "Pruned: 9.\n"
    assert run("prune", "--before", later) == "Pruned: 0.\n"
    report = verify(against=kept)
    assert report.is_clean
    assert (report.blocks, report.pruned, report.entries) == (3, 3, 3)
    pruned = AuditEntry.objects.get(event="audit.pruned")
    assert (pruned.data["entries"], pruned.data["first_block"], pruned.data["last_block"]) == (9, 1, 3)


def test_what_is_newer_is_not_pruned(chain: None) -> None:
    assert run("prune", "--before", "2020-01-31") == "Pruned: 0.\n"
    assert AuditEntry.objects.count() == 11


def test_a_pruning_moved_to_another_block_is_found(chain: None) -> None:
    run("prune", "--before", (timezone.now() + timedelta(days=1)).isoformat())
    first = AuditBlock.objects.get(sequence=1)
    AuditBlock.objects.filter(sequence=2).update(pruned_mac=first.pruned_mac, pruned_at=first.pruned_at)
    assert verify().altered.shown == ["pruning of block 2: it does not carry its MAC"]


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", ""])
def test_a_moment_that_is_none_is_refused(text: str, db: None) -> None:
    with pytest.raises(CommandError, match="Give a date or a time: 2026-01-31") as refused:
        run("prune", "--before", text)
    assert not text or text not in str(refused.value)


def test_an_actor_is_not_needed_to_look(db: None) -> None:
    record("audit.exported", actor=Actor.system("audit export"), subject=Subject("audit", ""))
    assert "1 rows are newer" in run("verify")


class Stopped(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_what_a_fault_has_left_is_sealed_the_next_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each step is one pause of the sealer, and what happens to it meanwhile."""
    seal = sealing.seal

    def fail() -> int:
        raise OperationalError("canary-of-a-server")

    def write_while_it_cannot_be_sealed() -> None:
        record("secret.deleted", actor=None, subject=Subject("secret", "1"), version=1)
        monkeypatch.setattr(sealing, "seal", fail)

    def come_back() -> None:
        assert AuditEntry.objects.filter(block=None).count() == 1
        monkeypatch.setattr(sealing, "seal", seal)

    def end() -> None:
        raise Stopped

    steps: list[Callable[[], None]] = [write_while_it_cannot_be_sealed, come_back, end]
    monkeypatch.setattr(time, "sleep", lambda _: steps.pop(0)())
    with pytest.raises(Stopped):
        call_command("audit", "seal", "--every", "10", stdout=StringIO())

    assert AuditEntry.objects.filter(block=None).count() == 0
    assert "audit.seal_waits error=OperationalError" in caplog.text
    assert "canary" not in caplog.text
