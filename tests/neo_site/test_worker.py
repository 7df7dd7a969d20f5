"""The worker: which commands it runs, when, and that one which fails holds up no other."""

from __future__ import annotations

import io
import logging
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError, connection
from django.utils import timezone

from neo_site import worker
from neo_site.worker import JOBS, Job, run, scheduler
from secrets_app.audit.partitions import is_partitioned, partition, partitions
from tests.live.site import PATIENCE_SECONDS, ROOT, prepared_site
from tests.test_docs import rows

pytestmark = pytest.mark.once


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.command)
def test_each_job_is_a_command_with_these_arguments(job: Job) -> None:
    name, *arguments = job.command.split()
    command = load_command_class(get_commands()[name], name)
    assert command.create_parser("manage.py", name).parse_args(arguments)


def test_the_page_of_deployment_lists_the_same_jobs() -> None:
    listed = {row[0] for row in rows("docs/deployment.md", "The worker")}
    assert listed == {job.command for job in JOBS}


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions.")
def test_the_worker_adds_months_to_partitions_and_makes_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    (job,) = [each for each in JOBS if each.command.startswith("audit partition")]
    call_command(*job.command.split(), stdout=io.StringIO())
    assert not is_partitioned()
    before = partition()
    later = timezone.now() + timedelta(days=62)
    monkeypatch.setattr(timezone, "now", lambda: later)
    call_command(*job.command.split(), stdout=io.StringIO())
    assert len(partitions()) == len(before) + 2


def test_no_job_is_due_at_the_moment_of_another_but_the_chain() -> None:
    due = [job.due for job in JOBS]
    assert len(set(due)) == len(due)
    monday = datetime(2026, 11, 30, tzinfo=UTC)
    triggers = {job.id: job.trigger for job in made_jobs()}
    assert (triggers["audit chain"].get_next_fire_time(None, monday) - monday).total_seconds() <= 60
    assert triggers["secrets verify"].get_next_fire_time(None, monday).weekday() in (5, 6, 0)


def made_jobs() -> list[Any]:
    made: list[Any] = scheduler().get_jobs()
    return made


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CommandError("The value is odd."), "The value is odd."),
        (OperationalError("connection refused"), "The database"),
        (SystemExit(2), "ended with status 2"),
        (ValueError("canary"), "This is a fault of the site: ValueError"),
    ],
)
def test_a_job_that_fails_is_logged_and_ends_nothing(
    error: BaseException, told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: str, **__: int) -> None:
        raise error

    monkeypatch.setattr(worker, "call_command", fail)
    assert run(Job("audit chain", "* * * * *")) is False
    (record,) = [each for each in caplog.records if each.name == "neo_site.worker"]
    assert record.levelno == logging.ERROR
    assert told in record.getMessage()
    assert "canary" not in record.getMessage()


@pytest.mark.django_db
def test_what_a_job_prints_is_not_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(written)))
    monkeypatch.setattr(worker, "call_command", lambda *_, **__: sys.stdout.write("Chained: 2.\n"))
    assert run(Job("audit chain", "* * * * *")) is True
    assert written.getvalue() == b"Chained: 2.\n"


def test_the_list_says_what_is_due_when() -> None:
    output = io.StringIO()
    call_command("worker", "--list", stdout=output)
    assert "* * * * *     audit chain" in output.getvalue()
    assert len(output.getvalue().splitlines()) == len(JOBS)


def test_the_worker_chains_at_once_and_ends_with_sigterm(tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "data")
    site.manage("worker", "--once")
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=ROOT, env=site.environment, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while "job.ended command='audit chain'" not in log.read_text():
            assert time.monotonic() < until, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0, log.read_text()
        assert "apscheduler" not in log.read_text()
    finally:
        process.kill()
        process.wait()
