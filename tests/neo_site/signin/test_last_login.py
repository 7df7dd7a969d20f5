"""`last_login`: set by the API as by the admin, and shown in the list of users."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_site.signin import actions
from tests.cast import PASSWORD
from tests.neo_site.signin.conftest import Post

pytestmark = pytest.mark.django_db


def test_signing_in_sets_last_login(member: Any, post: Post) -> None:
    before = timezone.now()
    assert post("token", {"username": "member", "password": PASSWORD}).status_code == 200

    member.refresh_from_db()
    assert before <= member.last_login <= timezone.now()


def test_failed_sign_ins_and_refreshes_change_no_last_login(member: Any, post: Post) -> None:
    tokens = post("token", {"username": "member", "password": PASSWORD}).json()
    long_ago = timezone.now() - timedelta(days=1)
    type(member).objects.update(last_login=long_ago)

    assert post("token", {"username": "member", "password": "wrong"}).status_code == 401
    assert post("token/refresh", {"refresh": tokens["refresh"]}).status_code == 200

    member.refresh_from_db()
    assert member.last_login == long_ago


def test_a_session_costs_two_inserts_and_one_update(member: Any, django_assert_num_queries: Any) -> None:
    # And what begins and ends a transaction inside of the test's own.
    with django_assert_num_queries(5):
        actions.sign_in(user=member)


def test_the_list_of_users_shows_last_login(superuser: Any) -> None:
    client = Client()
    client.force_login(superuser)

    page = client.get(reverse("admin:auth_user_changelist"))

    assert page.status_code == 200
    assert "Last login" in page.text
