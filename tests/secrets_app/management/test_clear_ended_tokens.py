"""The command `clear_ended_tokens`."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from neo_base.access.actors import Actor, Origin
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, ServiceToken


def signed_in(user: Any) -> Actor:
    return Actor.from_user(user, origin=Origin(signed_in_at=timezone.now()))


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("clear_ended_tokens", *arguments, stdout=output)
    return output.getvalue().splitlines()


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_tokens_are_deleted_90_days_after_their_end(member: Any, column: str) -> None:
    for days in (0, 89, 91, 200):
        made = create_token(actor=signed_in(member), name=f"ended {days}", scopes=["secrets:read"])
        end = timezone.now() - timedelta(days=days)
        ServiceToken.objects.filter(pk=made.row.pk).update(**{column: end})
    assert run("--dry-run") == ["Ended service tokens: 2."]
    assert run("--batch-size", "1") == ["Deleted ended service tokens: 2."]
    assert [event.data for event in AuditEvent.objects.filter(event="tokens.cleared")] == [{"count": 1}, {"count": 1}]
    assert run("--older-than", "1") == ["Deleted ended service tokens: 1."]
    assert [token.name for token in ServiceToken.objects.all()] == ["ended 0"]


def test_usable_tokens_stay(member: Any) -> None:
    create_token(actor=signed_in(member), name="CI", scopes=["secrets:read"])
    assert run("--older-than", "0") == ["Deleted ended service tokens: 0."]
    assert ServiceToken.objects.count() == 1
