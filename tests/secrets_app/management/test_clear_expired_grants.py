"""What operators run: clearing grants away, and looking for secrets that expire soon."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from projects.models import Project
from secrets_app.models import Secret, TaskGrant
from secrets_app.signals import secret_expiring
from tests.cast import CANARY, make_secret
from tests.secrets_app.task import MakeTask


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().splitlines()


def test_grants_are_cleared_away_thirty_days_after_their_end(member: Any, make_task: MakeTask) -> None:
    for days in (0, 29, 31, 60):
        task, end = make_task(member), timezone.now() - timedelta(days=days)
        TaskGrant.objects.filter(pk=task.id).update(expires_at=end)
    assert run("clear_expired_grants", "--dry-run") == ["Ended grants: 2."]
    assert run("clear_expired_grants", "--batch-size", "1") == ["Deleted ended grants: 2."]
    assert run("clear_expired_grants", "--older-than", "1") == ["Deleted ended grants: 1."]
    assert TaskGrant.objects.count() == 1


@pytest.fixture
def heard() -> Any:
    """The names that are announced as expiring."""
    names: list[str] = []

    def hear(**arguments: Any) -> None:
        assert arguments["expires_at"] == arguments["secret"].expires_at
        names.append(arguments["secret"].name)

    secret_expiring.connect(hear)
    yield names
    secret_expiring.disconnect(hear)


def test_what_expires_soon_is_listed_and_announced(member: Any, project: Project, heard: list[str]) -> None:
    days = {"PAST": -1, "SOON": 3, "SOONER": 1, "LATER": 20}
    for name, number in days.items():
        secret = make_secret(member, name=name, project_id=project.id)
        Secret.objects.filter(pk=secret.pk).update(expires_at=timezone.now() + timedelta(days=number))
    make_secret(member, name="NEVER")
    lines = run("secrets", "expiring")
    assert [line.split()[1] for line in lines[:-1]] == heard == ["SOONER", "SOON"]
    assert f"project {project.id}" in lines[0]
    assert lines[-1].endswith(": 2.")
    assert CANARY not in "".join(lines)
    assert len(run("secrets", "expiring", "--within", "30", "--dry-run")) == 4
    assert heard == ["SOONER", "SOON"]


def test_a_receiver_that_fails_does_not_keep_the_others_waiting(member: Any, heard: list[str]) -> None:
    def fail(**arguments: Any) -> None:
        raise RuntimeError

    for name in ("A", "B"):
        make_secret(member, name=name)
    Secret.objects.update(expires_at=timezone.now() + timedelta(days=1))
    secret_expiring.connect(fail)
    run("secrets", "expiring")
    secret_expiring.disconnect(fail)
    assert sorted(heard) == ["A", "B"]


def test_days_before_today_are_refused(db: None) -> None:
    with pytest.raises(CommandError, match="0 or more"):
        run("secrets", "expiring", "--within", "-1")
