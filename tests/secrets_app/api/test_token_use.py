"""The last use of a service token: each request that it authenticates is noted."""

from __future__ import annotations

from typing import Any

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import create_token
from secrets_app.models import ServiceToken
from tests.cast import Api


def test_a_request_notes_the_use_of_its_token_and_of_no_other(api: Api, member: Any) -> None:
    used, idle = (create_token(actor=Actor.from_user(member), name=name, scopes=["secrets:read"]) for name in "AB")
    api(None).get("/api/v1/secrets", X_Api_Key=used.text)
    assert ServiceToken.objects.get(pk=used.row.pk).last_used_at is not None
    assert ServiceToken.objects.get(pk=idle.row.pk).last_used_at is None
