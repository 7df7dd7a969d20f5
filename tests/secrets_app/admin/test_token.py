"""The admin pages of service tokens."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import create_token
from secrets_app.models import ServiceToken

LIST = reverse("admin:secrets_app_servicetoken_changelist")


def test_tokens_can_be_viewed_and_revoked_and_not_created(client: Client, superuser: Any, member: Any) -> None:
    new = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    client.force_login(superuser)
    page = client.get(LIST).content.decode()
    assert new.row.prefix in page
    assert new.text not in page
    assert new.row.digest not in page
    assert client.get(reverse("admin:secrets_app_servicetoken_add")).status_code == 403
    detail = reverse("admin:secrets_app_servicetoken_change", args=[new.row.pk])
    assert new.row.digest not in client.get(detail).content.decode()
    client.post(LIST, {"action": "revoke", "_selected_action": [str(new.row.pk)]})
    assert not ServiceToken.objects.usable().exists()


def test_a_lookup_by_digest_is_refused(client: Client, superuser: Any) -> None:
    client.force_login(superuser)
    assert client.get(f"{LIST}?digest__startswith=a").status_code == 400
    assert client.get(f"{LIST}?revoked_at__isempty=1").status_code == 200
