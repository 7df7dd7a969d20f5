"""Change lists in the admin: what they count, search and refuse, however many rows there are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from neo_base.access.roles import Role
from neo_base.admin import changelists
from neo_base.admin.changelists import capped_count
from projects.models import Membership, Project
from tests.cast import make_project, make_user

pytestmark = pytest.mark.once

LIST = reverse("admin:projects_project_changelist")
MEMBERS = reverse("admin:projects_membership_changelist")


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def make_projects(number: int) -> None:
    Project.objects.bulk_create(Project(name=f"P{index:03}") for index in range(number))


def test_a_count_stops_at_its_cap_and_says_so(db: None) -> None:
    make_projects(5)
    assert [str(capped_count(Project.objects.all(), cap)) for cap in (4, 5, 6)] == ["4+", "5", "5"]
    assert capped_count(Project.objects.all(), 4) == 4


def test_a_long_list_shows_its_cap(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_projects(3)
    monkeypatch.setattr(changelists, "COUNTED_AT_MOST", 2)
    assert "2+ projects" in operator.get(LIST).content.decode()


def test_no_statement_of_a_list_counts_without_a_limit(operator: Client) -> None:
    make_projects(3)
    with CaptureQueriesContext(connection) as queries:
        operator.get(f"{LIST}?q=P")
    counts = [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
    assert counts
    assert all("LIMIT 10001" in sql for sql in counts)


@pytest.mark.parametrize("query", [129 * "x", "a b c d e", "a\0b"])
def test_a_search_that_is_too_long_is_refused_in_words(operator: Client, query: str) -> None:
    make_projects(1)
    page = operator.get(LIST, query_params={"q": query})
    assert page.status_code == 200
    assert 'class="error"' in page.content.decode()


@pytest.mark.parametrize("given", ["7", "no-id", "00000000-0000-4000-8000-000000000000", "\0"])
def test_a_link_to_nothing_is_no_error_of_the_server(operator: Client, given: str) -> None:
    answer = operator.get(f"{MEMBERS}?{urlencode({'project__id__exact': given})}", follow=True)
    assert answer.status_code == 200


def test_a_project_leads_to_its_lists(operator: Client, project: Project) -> None:
    page = operator.get(reverse("admin:projects_project_change", args=[project.pk])).content.decode()
    for model in ("projects_membership", "projects_invitation", "secrets_app_secret", "secrets_app_taskgrant"):
        assert f"{reverse(f'admin:{model}_changelist')}?project__id__exact={project.pk}" in page


def test_the_list_of_members_shows_the_linked_project_only(operator: Client, project: Project, stranger: Any) -> None:
    make_project(stranger, name="Beta")
    page = operator.get(f"{MEMBERS}?project__id__exact={project.pk}").content.decode()
    assert "3 memberships" in page
    assert "Beta" not in page


def test_members_are_added_changed_and_removed_by_the_list(operator: Client, project: Project, stranger: Any) -> None:
    form = {"project": str(project.pk), "user": str(stranger.pk), "role": "viewer"}
    assert operator.post(reverse("admin:projects_membership_add"), form).status_code == 302
    row = Membership.objects.get(user=stranger)
    operator.post(reverse("admin:projects_membership_change", args=[row.pk]), {"role": "member"})
    row.refresh_from_db()
    assert row.role == Role.MEMBER
    operator.post(reverse("admin:projects_membership_delete", args=[row.pk]), {"post": "yes"})
    assert not Membership.objects.filter(user=stranger).exists()


def test_what_one_row_is_refused_is_done_to_the_others(operator: Client, project: Project) -> None:
    chosen = [str(pk) for pk in Membership.objects.values_list("pk", flat=True)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    page = operator.post(MEMBERS, data, follow=True).content.decode()
    assert list(Membership.objects.values_list("user__username", flat=True)) == ["admin"]
    assert "2 deleted." in page
    assert "Admin (admin): " in page
    assert "needs at least one admin" in page


def test_too_many_at_once_are_refused_and_none_is_changed(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_projects(3)
    monkeypatch.setattr("neo_base.admin.action_admin.MAX_AT_ONCE", 2)
    chosen = [str(pk) for pk in Project.objects.values_list("pk", flat=True)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert "Select at most 2 rows at once" in operator.post(LIST, data, follow=True).content.decode()
    assert Project.objects.count() == 3


def test_many_members_are_linked_without_a_query_for_each(
    operator: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("admin:projects_project_change", args=[project.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(address).status_code == 200
        return len(captured)

    operator.get(address)
    few = queries()
    Membership.objects.bulk_create(
        Membership(project=project, user=make_user(f"user{index}"), role=Role.VIEWER) for index in range(10)
    )
    assert queries() == few
    monkeypatch.setattr("projects.admin.project.MEMBERS_ON_PAGE", 5)
    assert "memberships-0-role" not in operator.get(address).content.decode()
