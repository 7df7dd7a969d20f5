"""The command `secrets expiring`."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from projects.models import Project
from secrets_app.models import Secret
from secrets_app.signals import secret_expiring
from tests.cast import CANARY, make_secret


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("secrets", "expiring", *arguments, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def heard() -> Any:
    """The names of the secrets that were announced as expiring soon."""
    names: list[str] = []

    def hear(**arguments: Any) -> None:
        assert arguments["expires_at"] == arguments["secret"].expires_at
        names.append(arguments["secret"].name)

    secret_expiring.connect(hear)
    yield names
    secret_expiring.disconnect(hear)


def test_secrets_that_expire_soon_are_listed_and_announced(member: Any, project: Project, heard: list[str]) -> None:
    days = {"PAST": -1, "SOON": 3, "SOONER": 1, "LATER": 20}
    for name, number in days.items():
        secret = make_secret(member, name=name, project_id=project.id)
        Secret.objects.filter(pk=secret.pk).update(expires_at=timezone.now() + timedelta(days=number))
    make_secret(member, name="NEVER")
    lines = run()
    assert [line.split()[1] for line in lines[:-1]] == heard == ["SOONER", "SOON"]
    assert f"project {project.id}" in lines[0]
    assert lines[-1].endswith(": 2.")
    assert CANARY not in "".join(lines)
    assert len(run("--within", "30", "--dry-run")) == 4
    assert heard == ["SOONER", "SOON"]


def test_a_failing_receiver_does_not_stop_the_command(member: Any, heard: list[str]) -> None:
    def fail(**arguments: Any) -> None:
        raise RuntimeError

    for name in ("A", "B"):
        make_secret(member, name=name)
    Secret.objects.update(expires_at=timezone.now() + timedelta(days=1))
    secret_expiring.connect(fail)
    run()
    secret_expiring.disconnect(fail)
    assert sorted(heard) == ["A", "B"]


def test_a_negative_number_of_days_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="0 or more"):
        run("--within", "-1")
