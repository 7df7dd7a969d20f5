"""Progress of commands: a bar on a terminal, a line now and then elsewhere, nothing in the worker."""

from __future__ import annotations

import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from neo_base import progress
from secrets_app.audit import export
from tests.cast import make_secret
from tests.secrets_app.audit.chains import add


@pytest.fixture
def a_line_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)


def said_by(*command: str, **options: Any) -> list[str]:
    """Return the lines on stderr of a command."""
    error = StringIO()
    call_command(*command, stdout=StringIO(), stderr=error, **options)
    return error.getvalue().splitlines()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_bar_on_a_terminal() -> None:
    terminal = Terminal()
    shown = progress.Progress(terminal, total=3, what="values")
    shown.show(1)
    shown.show(4)
    shown.end()
    *_, last = terminal.getvalue().split("\r")
    assert last.startswith("100%|")
    assert "4/4" in last
    assert "values/s" in last
    assert last.endswith("\n")


def test_a_terminal_sees_nothing_of_a_job_without_rows() -> None:
    terminal = Terminal()
    shown = progress.Progress(terminal, total=0, what="values")
    shown.end()
    assert terminal.getvalue() == ""


def test_progress_elsewhere_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    file = StringIO()
    shown = progress.Progress(file, total=3, what="values")
    shown.show(1)
    shown.show(2)
    shown.show(3)
    shown.end()
    assert file.getvalue() == "2 of 3 values\n"


def test_work_of_unknown_size_counts_up(a_line_each_time: None) -> None:
    terminal, file = Terminal(), StringIO()
    for stream in (terminal, file):
        with progress.shown(stream, total=None, what="MB") as show:
            show(7)
    assert "7 MB" in terminal.getvalue()
    assert file.getvalue() == "7 MB\n"


def test_work_that_reports_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_SAMPLES", 0)
    seen: list[int] = []
    sizes = iter(range(10**9))
    with progress.sampled(lambda: next(sizes), seen.append):
        while len(seen) < 3:
            time.sleep(0.001)
    assert seen == list(range(len(seen)))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("audit verify", "events"),
        ("audit verify", "rights"),
        ("audit accept --yes", "rights"),
        ("audit export", "lines"),
        ("audit prune --before 2100-01-01", "events"),
        ("secrets verify", "values"),
        ("rotate_keys --data-keys --grace 0", "values"),
        ("audit chain", "events"),
    ],
)
def test_a_command_says_how_far_it_is(
    command: str, what: str, member: Any, project: Any, a_line_each_time: None
) -> None:
    make_secret(member)
    add(2)
    call_command("audit", "chain", stdout=StringIO())
    add(3)
    *_, last = [line.removesuffix(f" {what}") for line in said_by(*command.split()) if line.endswith(f" {what}")]
    done, of_all = last.split(" of ")
    assert done == of_all
    assert said_by(*command.split(), verbosity=0) == []


@pytest.mark.django_db
def test_lines_of_an_export_are_counted_before() -> None:
    add(2)
    call_command("audit", "chain", stdout=StringIO())
    add(3)
    without_checkpoint = len(list(export.lines())) - 1
    assert export.line_count() == without_checkpoint == 6
    later = timezone.now() + timedelta(days=1)
    assert export.line_count(since=later) == len(list(export.lines(since=later))) - 1 == 3
