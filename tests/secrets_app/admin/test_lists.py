"""The lists of secrets, grants, tokens and keys: their cost, their actions, their filters and their links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Membership, Project
from secrets_app import vault
from secrets_app.actions.tokens import create_token
from secrets_app.admin.attention import concerns_for
from secrets_app.models import AuditEvent, DataKey, KeyCheckValue, Secret, ServiceToken, TaskGrant
from tests.cast import make_secret, make_user

NOW = timezone.now()
SECRETS = reverse("admin:secrets_app_secret_changelist")
GRANTS = reverse("admin:secrets_app_taskgrant_changelist")


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def make_grant(user: Any, **columns: Any) -> TaskGrant:
    given = {"prefix": "neo_task_abcd", "digest": uuid4().hex, "expires_at": NOW + timedelta(hours=1)} | columns
    return TaskGrant.objects.create(user=user, **given)


def secrets_of_many(number: int) -> None:
    """Create secrets of as many owners, and so under as many data keys."""
    for index in range(number):
        make_secret(make_user(f"u{uuid4().hex}"), name=f"S{index}")


def tokens_of_many(number: int) -> None:
    for _ in range(number):
        create_token(actor=Actor.from_user(make_user(f"u{uuid4().hex}")), name="CI", scopes=["secrets:read"])


def grants_of_many(number: int) -> None:
    for _ in range(number):
        make_grant(make_user(f"u{uuid4().hex}"))


@pytest.mark.parametrize(
    ("model", "make"),
    [
        ("secret", secrets_of_many),
        ("datakey", secrets_of_many),
        ("servicetoken", tokens_of_many),
        ("taskgrant", grants_of_many),
    ],
)
def test_the_number_of_rows_does_not_change_the_queries(
    operator: Client, model: str, make: Callable[[int], None]
) -> None:
    address = reverse(f"admin:secrets_app_{model}_changelist")

    def queries() -> int:
        vault._cipher.cache_clear()
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(address).status_code == 200
        return len(captured)

    make(1)
    operator.get(address)
    one = queries()
    make(99)
    assert queries() == one


def test_two_hundred_rows_cost_the_queries_of_one(operator: Client, superuser: Any) -> None:
    """The longest page has rows under many keys. They are copies of one row: they do not open, and cost the same."""
    first = make_secret(superuser)
    with CaptureQueriesContext(connection) as one:
        operator.get(SECRETS)
    for index in range(1, 200):
        first.pk, first.name = uuid4(), f"COPY{index:03}"
        first._state.adding = True
        first.save(force_insert=True)
    with CaptureQueriesContext(connection) as many:
        page = operator.get(f"{SECRETS}?all=")
    assert len(page.context["cl"].result_list) == 200
    assert len(many) == len(one)


def test_masks_are_opened_without_further_queries(operator: Client, superuser: Any, project: Project) -> None:
    make_secret(superuser, name="MINE", value="mine-0123456789")
    vault._cipher.cache_clear()
    assert "min••••••••6789" in operator.get(SECRETS).content.decode()


@pytest.mark.parametrize(
    ("action", "after", "said"),
    [("make_default", True, "2 made default-available."), ("make_selectable", False, "2 exposed only to tasks")],
)
def test_selected_secrets_are_made_default_available_or_not(
    operator: Client, superuser: Any, action: str, after: bool, said: str
) -> None:
    rows = [make_secret(superuser, name=name, default_available=not after) for name in ("A", "B")]
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    assert said in operator.post(SECRETS, data, follow=True).content.decode()
    assert set(Secret.objects.values_list("default_available", "revision")) == {(after, 2)}


def test_secrets_of_tasks_are_promoted(operator: Client, superuser: Any) -> None:
    secret = make_secret(superuser)
    Secret.objects.update(quarantine_reason="agent", grant_id=uuid4())
    answer = operator.post(SECRETS, {"action": "promote", "_selected_action": [str(secret.pk)]}, follow=True)
    assert "1 promoted." in answer.content.decode()
    secret.refresh_from_db()
    assert (secret.is_quarantined, secret.promoted_at is not None) == (False, True)
    assert listed(operator, "event=secret.promoted") == ["secret.promoted"]


def test_a_risky_name_has_a_badge_and_is_promoted(operator: Client, member: Any, project: Project) -> None:
    secret = make_secret(member, name="TAR_OPTIONS", project_id=project.pk)
    assert '<span class="secrets-badge secrets-badge-warn">risky name</span>' in operator.get(SECRETS).content.decode()
    operator.post(SECRETS, {"action": "promote", "_selected_action": [str(secret.pk)]})
    assert "risky name</span>" not in operator.get(SECRETS).content.decode()
    assert listed(operator, "event=secret.promoted") == ["secret.promoted"]


ATTENTION = {
    "expired": {"expires_at": NOW - timedelta(days=1)},
    "expiring_soon": {"expires_at": NOW + timedelta(days=3)},
    "quarantined": {"quarantine_reason": "agent"},
    "too_short_to_mask": {"is_maskable": False},
    "unused": {"created_at": NOW - timedelta(days=100)},
}


@pytest.mark.parametrize(("attention", "columns"), ATTENTION.items())
def test_the_attention_filter_lists_exactly_such_rows(
    operator: Client, superuser: Any, attention: str, columns: dict[str, Any]
) -> None:
    for name in ("NEEDS_IT", "DOES_NOT"):
        make_secret(superuser, name=name)
    Secret.objects.update(is_maskable=True)
    Secret.objects.filter(name="NEEDS_IT").update(**columns)
    rows = operator.get(f"{SECRETS}?attention={attention}").context["cl"].result_list
    assert [row.name for row in rows] == ["NEEDS_IT"]


def test_a_secrets_page_links_to_related_pages(operator: Client, member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.pk)
    page = operator.get(reverse("admin:secrets_app_secret_change", args=[secret.pk])).content.decode()
    assert reverse("admin:projects_project_change", args=[project.pk]) in page
    assert reverse("admin:auth_user_change", args=[member.pk]) in page
    assert f"{GRANTS}?granted__secret__id__exact={secret.pk}" in page


def test_former_versions_show_masks_or_for_other_users_bullets(operator: Client, superuser: Any, member: Any) -> None:
    for owner in (superuser, member):
        secret = make_secret(owner, value="first-0123456789")
        address = reverse("admin:secrets_app_secret_change", args=[secret.pk])
        operator.post(address, {"description": "", "new_value": "second-0123456789", **VERSIONS})
        page = operator.get(address).content.decode()
        assert "ormer version" in page
        assert ("fir••••••••6789" in page) == (owner == superuser)


VERSIONS = {"former_versions-TOTAL_FORMS": "0", "former_versions-INITIAL_FORMS": "0"}


def test_grants_with_a_secret_are_listed_and_revoked(operator: Client, member: Any) -> None:
    secret = make_secret(member)
    covering, other = make_grant(member), make_grant(member, prefix="neo_task_other")
    covering.granted.create(secret=secret, name="TOKEN", owner_kind="personal", version=1, reason="default")
    listed = f"{GRANTS}?granted__secret__id__exact={secret.pk}&usable=yes"
    assert [row.pk for row in operator.get(listed).context["cl"].result_list] == [covering.pk]
    operator.post(GRANTS, {"action": "revoke", "_selected_action": [str(covering.pk)]})
    assert list(TaskGrant.objects.usable()) == [other]
    assert [row.pk for row in operator.get(f"{GRANTS}?usable=no").context["cl"].result_list] == [covering.pk]


def test_a_grants_digest_is_hidden_and_grants_cannot_be_changed(operator: Client, member: Any) -> None:
    grant = make_grant(member)
    address = reverse("admin:secrets_app_taskgrant_change", args=[grant.pk])
    assert grant.digest not in operator.get(address).content.decode()
    assert operator.post(address, {"max_uses": 5}).status_code == 403
    assert operator.get(f"{GRANTS}?digest__startswith=a").status_code == 400
    assert operator.get(reverse("admin:secrets_app_taskgrant_add")).status_code == 403


def test_a_token_can_be_revoked_and_not_deleted(operator: Client, member: Any) -> None:
    token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"]).row
    address = reverse("admin:secrets_app_servicetoken_delete", args=[token.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 403
    assert ServiceToken.objects.exists()


def test_the_master_key_in_use_is_named_and_leads_to_its_data_keys(operator: Client, superuser: Any) -> None:
    key = make_secret(superuser).data_key
    page = operator.get(reverse("admin:secrets_app_keycheckvalue_changelist")).content.decode()
    assert key.master_key_id in page
    assert ">active<" in page
    keys = reverse("admin:secrets_app_datakey_changelist")
    listed = operator.get(f"{keys}?master_key_id={key.master_key_id}&state__exact=active").context["cl"].result_list
    assert list(listed) == list(DataKey.objects.all())


def test_a_master_key_that_is_not_held_is_called_missing(operator: Client) -> None:
    KeyCheckValue.objects.create(master_key_id="lost-key", check_value=b"")
    assert ">missing<" in operator.get(reverse("admin:secrets_app_keycheckvalue_changelist")).content.decode()


AUDIT = reverse("admin:secrets_app_auditevent_changelist")


def listed(operator: Client, query: str) -> list[str]:
    answer = operator.get(f"{AUDIT}?{query}")
    assert answer.status_code == 200
    return [entry.event for entry in answer.context["cl"].result_list]


def test_the_history_of_a_secret_is_what_the_audit_has_of_it(operator: Client, member: Any) -> None:
    secret = make_secret(member)
    make_secret(member, name="OTHER")
    operator.post(SECRETS, {"action": "make_default", "_selected_action": [str(secret.pk)]})
    answer = operator.get(reverse("admin:secrets_app_secret_history", args=[secret.pk]), follow=True)
    events = [(entry.event, entry.actor_label) for entry in answer.context["cl"].result_list]
    assert events == [("secret.updated", "superuser"), ("secret.created", "member")]


def test_the_history_of_a_membership_is_of_its_user_in_its_project(
    operator: Client, project: Project, member: Any
) -> None:
    row = Membership.objects.get(user=member)
    answer = operator.get(reverse("admin:projects_membership_history", args=[row.pk]), follow=True)
    assert [entry.event for entry in answer.context["cl"].result_list] == ["member.added"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=secret", True),
        ("kind=project", False),
        ("kind=refused", False),
        ("hours=1", True),
        (f"day={NOW:%Y-%m-%d}", True),
        ("day=2020-01-01", False),
        ("day=nonsense", True),
        ("chained=no", True),
        ("chained=late", False),
        ("event=secret.created", True),
        ("q=nobody", False),
    ],
)
def test_the_audit_is_filtered(operator: Client, member: Any, query: str, found: bool) -> None:
    make_secret(member)
    assert ("secret.created" in listed(operator, query)) == found


@pytest.mark.parametrize("query", ["event__regex=s.*", "actor_label=member", "data__x=1", "mac=a", "o=-2&event__in=a"])
def test_the_audit_is_filtered_by_nothing_else(operator: Client, query: str) -> None:
    assert operator.get(f"{AUDIT}?{query}").status_code == 400


def test_an_entry_is_found_by_the_request(operator: Client, member: Any) -> None:
    secret = make_secret(member)
    operator.post(reverse("admin:secrets_app_secret_change", args=[secret.pk]), {"description": "x", **VERSIONS})
    request_id = AuditEvent.objects.get(event="secret.updated").request_id
    assert listed(operator, f"q={request_id}") == ["secret.updated"]


def test_nothing_of_the_audit_is_changed(operator: Client, member: Any) -> None:
    make_secret(member)
    entry = AuditEvent.objects.first()
    assert entry is not None
    address = reverse("admin:secrets_app_auditevent_change", args=[entry.pk])
    assert operator.get(address).status_code == 200
    assert operator.post(address, {"event": "x"}).status_code == 403
    assert operator.get(reverse("admin:secrets_app_auditevent_delete", args=[entry.pk])).status_code == 403
    assert operator.get(reverse("admin:secrets_app_auditevent_add")).status_code == 403


def test_the_index_counts_and_links_what_needs_attention(operator: Client, superuser: Any) -> None:
    make_secret(superuser, expires_at=NOW + timedelta(days=3))
    page = operator.get(reverse("admin:index")).content.decode()
    assert f"{SECRETS}?attention=expiring_soon" in page
    assert f"{SECRETS}?attention=expired" not in page
    assert "secret.created" in page
    assert f"{SECRETS}?attention=expiring_soon" in operator.get("/admin/secrets_app/").content.decode()


def test_each_count_of_the_index_matches_its_list(operator: Client, superuser: Any) -> None:
    for name in ("OLD", "NEW"):
        make_secret(superuser, name=name)
    Secret.objects.filter(name="OLD").update(
        expires_at=NOW - timedelta(days=1),
        quarantine_reason="agent",
        is_maskable=False,
        created_at=NOW - timedelta(days=99),
    )
    Secret.objects.filter(name="NEW").update(expires_at=NOW + timedelta(days=1))
    DataKey.objects.update(state=DataKey.State.RETIRING)
    for index in range(3):
        operator.post("/api/v1/auth/token", {"username": f"n{index}", "password": "x"}, content_type="application/json")
    concerns = list(concerns_for(superuser))
    assert len(concerns) >= 6
    for concern in concerns:
        assert operator.get(concern.address).context["cl"].result_count == concern.count, concern


def test_the_index_counts_only_what_the_operator_may_view(client: Client, staff: Any, member: Any) -> None:
    make_secret(member, expires_at=NOW - timedelta(days=1))
    client.force_login(staff)
    page = client.get(reverse("admin:index")).content.decode()
    assert "Nothing needs attention." in page
    assert "secret.created" not in page


def test_the_index_costs_the_same_with_many_rows(operator: Client, superuser: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            operator.get(reverse("admin:index"))
        return len(captured)

    make_secret(superuser, expires_at=NOW)
    operator.get(reverse("admin:index"))
    one = queries()
    for index in range(20):
        make_secret(superuser, name=f"S{index}", expires_at=NOW)
    assert queries() == one
