"""The querysets for operators: secrets and tokens that expire soon, unused and quarantined secrets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import create_token
from secrets_app.models import Secret, ServiceToken
from tests.cast import make_secret

HOUR = timedelta(hours=1)
SOON = [(-HOUR, False), (HOUR, True), (timedelta(days=14) - HOUR, True), (timedelta(days=14) + HOUR, False)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.mark.parametrize(("ends", "is_soon"), SOON, ids=str)
def test_secrets_and_tokens_expire_soon_within_14_days(
    member: Any, now: datetime, ends: timedelta, is_soon: bool
) -> None:
    for name in ("ENDS", "NEVER_ENDS"):
        make_secret(member, name=name)
        create_token(actor=Actor.from_user(member), name=name, scopes=["secrets:read"])
    Secret.objects.filter(name="ENDS").update(expires_at=now + ends)
    ServiceToken.objects.filter(name="ENDS").update(expires_at=now + ends)
    expected = ["ENDS"] if is_soon else []
    assert [row.name for row in Secret.objects.expiring_soon()] == expected
    assert [row.name for row in ServiceToken.objects.expiring_soon()] == expected


@pytest.mark.parametrize("column", ["created_at", "last_used_at"])
@pytest.mark.parametrize(
    ("idle", "is_unused"), [(90 * 24 * HOUR - HOUR, False), (90 * 24 * HOUR + HOUR, True)], ids=str
)
def test_a_secret_is_unused_after_90_days(
    member: Any, now: datetime, column: str, idle: timedelta, is_unused: bool
) -> None:
    make_secret(member, name="NEW")
    secret = make_secret(member, name="IDLE")
    Secret.objects.filter(pk=secret.pk).update(**{column: now - idle})
    assert [row.name for row in Secret.objects.unused()] == (["IDLE"] if is_unused else [])


def test_quarantined_and_unmaskable_secrets_are_found(member: Any) -> None:
    for name in ("PLAIN", "APART", "SHORT"):
        make_secret(member, name=name)
    Secret.objects.update(is_maskable=True)
    Secret.objects.filter(name="APART").update(quarantine_reason="agent")
    Secret.objects.filter(name="SHORT").update(is_maskable=False)
    assert [row.name for row in Secret.objects.quarantined()] == ["APART"]
    assert [row.name for row in Secret.objects.too_short_to_mask()] == ["SHORT"]
