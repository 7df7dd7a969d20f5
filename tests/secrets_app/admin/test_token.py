"""The admin pages of service tokens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import create_token
from secrets_app.models import ServiceToken

pytestmark = pytest.mark.once

NOW = timezone.now()
LIST = reverse("admin:secrets_app_servicetoken_changelist")


def test_tokens_can_be_viewed_and_revoked_and_not_created(client: Client, superuser: Any, member: Any) -> None:
    new = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read", "secrets:write"])
    client.force_login(superuser)
    page = client.get(LIST).content.decode()
    assert new.row.prefix in page
    assert new.text not in page
    assert new.row.digest not in page
    assert client.get(reverse("admin:secrets_app_servicetoken_add")).status_code == 403
    detail = client.get(reverse("admin:secrets_app_servicetoken_change", args=[new.row.pk])).content.decode()
    assert "secrets:read, secrets:write" in detail
    assert new.row.digest not in detail
    client.post(LIST, {"action": "revoke", "_selected_action": [str(new.row.pk)]})
    assert not ServiceToken.objects.usable().exists()


@pytest.mark.parametrize("columns", [{"revoked_at": NOW}, {"expires_at": NOW}])
def test_the_list_tells_usable_tokens_from_ended_ones(
    client: Client, superuser: Any, member: Any, columns: dict[str, Any]
) -> None:
    usable, ended = (create_token(actor=Actor.from_user(member), name="CI", scopes=[]).row for _ in range(2))
    ServiceToken.objects.filter(pk=ended.pk).update(**columns)
    client.force_login(superuser)
    listed = {each: client.get(LIST, {"usable": each}).context["cl"].result_list for each in ("yes", "no")}
    assert {each: list(rows) for each, rows in listed.items()} == {"yes": [usable], "no": [ended]}


def test_a_lookup_by_digest_is_refused(client: Client, superuser: Any) -> None:
    client.force_login(superuser)
    assert client.get(f"{LIST}?digest__startswith=a").status_code == 400
