from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from neo_base.access.actors import Actor
from neo_site.signin import actions
from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from tests.neo_site.signin.conftest import Ask

StaffWith = Callable[..., Client]

pytestmark = pytest.mark.django_db

LIST = "admin:neo_signin_session_changelist"


@pytest.fixture
def staff_with(staff: Any) -> StaffWith:
    """A client of a member of staff who holds the named permissions."""

    def sign_in(*permissions: str) -> Client:
        staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(staff)
        return client

    return sign_in


def test_revoking_counts_live_sessions_only(sessions: None) -> None:
    assert actions.revoke_sessions(sessions=Session.objects.all(), actor=Actor.system()) == 1
    assert actions.revoke_sessions(sessions=Session.objects.all(), actor=Actor.system()) == 0


def test_the_admin_shows_users_and_times_and_no_token(staff_with: StaffWith, pair: TokenPair) -> None:
    client, session = staff_with("view_session"), Session.objects.get()

    pages = [client.get(reverse(LIST)), client.get(reverse("admin:neo_signin_session_change", args=[session.pk]))]

    for page in pages:
        assert page.status_code == 200
        assert "member" in page.text
        assert session.auth_hash not in page.text
        assert str(session.refresh_id) not in page.text


def test_the_admin_neither_adds_nor_deletes_nor_changes(staff_with: StaffWith, pair: TokenPair) -> None:
    client, session = (
        staff_with("view_session", "add_session", "delete_session", "change_session"),
        Session.objects.get(),
    )
    names = ["add", "delete", "change"]
    arguments = [[], [session.pk], [session.pk]]
    urls = [reverse(f"admin:neo_signin_session_{name}", args=args) for name, args in zip(names, arguments, strict=True)]

    assert [client.post(url, {"post": "yes"}).status_code for url in urls] == [403, 403, 403]
    assert Session.objects.get().revoked_at is None


@pytest.mark.parametrize("lookup", ["auth_hash__startswith", "refresh_id", "refresh_id__gt", "user__password__regex"])
def test_the_admin_list_cannot_be_filtered_by_hidden_columns(
    staff_with: StaffWith, pair: TokenPair, lookup: str
) -> None:
    answer = staff_with("view_session").get(reverse(LIST), {lookup: "a"})

    assert answer.status_code == 400


def test_the_admin_list_is_filtered_by_revocation(staff_with: StaffWith, pair: TokenPair) -> None:
    client = staff_with("view_session")

    assert "1 session" in client.get(reverse(LIST), {"revoked_at__isempty": "1"}).text
    assert "0 sessions" in client.get(reverse(LIST), {"revoked_at__isempty": "0"}).text


def revoke_selected(client: Client) -> None:
    chosen = {"action": "revoke_selected", "_selected_action": [str(Session.objects.get().pk)]}
    client.post(reverse(LIST), chosen)


def test_the_admin_revokes_selected_sessions(staff_with: StaffWith, ask: Ask, pair: TokenPair) -> None:
    revoke_selected(staff_with("view_session", "change_session"))

    assert ask(pair.access).status_code == 401


def test_the_permission_to_view_does_not_allow_to_revoke(staff_with: StaffWith, ask: Ask, pair: TokenPair) -> None:
    revoke_selected(staff_with("view_session"))

    assert ask(pair.access).status_code == 200
