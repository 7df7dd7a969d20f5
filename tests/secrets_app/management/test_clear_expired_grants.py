"""The command `clear_expired_grants`."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from secrets_app.models import TaskGrant
from tests.secrets_app.task import MakeTask


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("clear_expired_grants", *arguments, stdout=output)
    return output.getvalue().splitlines()


def test_grants_are_deleted_30_days_after_their_expiry(member: Any, make_task: MakeTask) -> None:
    for days in (0, 29, 31, 60):
        task, end = make_task(member), timezone.now() - timedelta(days=days)
        TaskGrant.objects.filter(pk=task.id).update(expires_at=end)
    assert run("--dry-run") == ["Ended grants: 2."]
    assert run("--batch-size", "1") == ["Deleted ended grants: 2."]
    assert run("--older-than", "1") == ["Deleted ended grants: 1."]
    assert TaskGrant.objects.count() == 1
