"""Names in the admin: what the searches find, and what confirmations and the audit log say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor, Origin
from projects.models import Project
from secrets_app.actions.credentials import EndReason, end_grants
from secrets_app.actions.grants import revoke_grant
from secrets_app.actions.secrets import delete_secret
from secrets_app.models import TaskGrant
from tests.cast import make_project, make_secret

pytestmark = pytest.mark.once

SECRETS = reverse("admin:secrets_app_secret_changelist")
AUDIT = reverse("admin:secrets_app_auditevent_changelist")
GRANTS = reverse("admin:secrets_app_taskgrant_changelist")


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def found(client: Client, address: str, text: str) -> list[Any]:
    return list(client.get(address, {"q": text}).context["cl"].result_list)


def test_secrets_are_found_by_project_and_user(operator: Client, member: Any, project: Project) -> None:
    ours, own = make_secret(member, project_id=project.pk, name="OURS"), make_secret(member, name="OWN")
    assert found(operator, SECRETS, project.name[1:6]) == [ours]
    assert found(operator, SECRETS, str(project.pk)) == [ours]
    assert found(operator, SECRETS, member.username) == [own]
    assert found(operator, SECRETS, "nowhere") == []


def test_a_deletion_names_the_owners_of_secrets_with_one_name(operator: Client, member: Any, project: Project) -> None:
    other = make_project(member, name="Another one")
    secrets = [make_secret(member, project_id=each.pk, name="TWICE") for each in (project, other)]
    chosen = {"action": "delete_selected", "_selected_action": [str(each.pk) for each in secrets]}
    page = operator.post(SECRETS, chosen).text
    assert page.count("TWICE") == 2
    assert str(project) in page
    assert "Another one" in page
    assert "Another one" in operator.get(reverse("admin:secrets_app_secret_delete", args=[secrets[1].pk])).text


def test_the_audit_is_found_by_names(operator: Client, member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.pk, name="GITHUB_TOKEN")
    gone = make_secret(member, name="FORMER")
    delete_secret(actor=Actor.from_user(member), secret_id=gone.pk)
    assert {event.subject_id for event in found(operator, AUDIT, " GITHUB_TOKEN ")} == {str(secret.pk)}
    assert [event.event for event in found(operator, AUDIT, "FORMER")] == ["secret.deleted", "secret.created"]
    assert {event.project_id for event in found(operator, AUDIT, project.name)} == {project.pk}
    assert "secret.deleted" in [event.event for event in found(operator, AUDIT, member.username)]
    assert found(operator, AUDIT, str(secret.pk))
    assert found(operator, AUDIT, "GITHUB") == []
    assert operator.get(AUDIT, {"q": "a\0b"}).status_code == 200


def test_a_name_finds_no_other_persons_secret_for_who_may_not_see_it(
    client: Client, staff: Any, member: Any, project: Project
) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    client.force_login(staff)
    make_secret(member, name="HIDDEN")
    gone = make_secret(member, name="HIDDEN_TOO")
    delete_secret(actor=Actor.from_user(member), secret_id=gone.pk)
    shared = make_secret(member, project_id=project.pk, name="SHARED")
    assert [found(client, AUDIT, name) for name in ("HIDDEN", "HIDDEN_TOO")] == [[], []]
    assert {event.subject_id for event in found(client, AUDIT, "SHARED")} == {str(shared.pk)}


def test_the_audit_names_projects_for_who_may_see_them(
    client: Client, staff: Any, superuser: Any, member: Any, project: Project
) -> None:
    make_secret(member, project_id=project.pk)
    staff.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    client.force_login(staff)
    assert f">{str(project.pk)[:8]}</a>" in client.get(AUDIT).text
    client.force_login(superuser)
    page = client.get(AUDIT)
    assert f">{project}</a>" in page.text
    event = next(each for each in page.context["cl"].result_list if each.project_id == project.pk)
    assert f">{project}</a>" in client.get(reverse("admin:secrets_app_auditevent_change", args=[event.pk])).text


def make_grant(user: Any) -> TaskGrant:
    end = timezone.now() + timedelta(hours=1)
    return TaskGrant.objects.create(user=user, prefix="neo_task_abcd", digest=uuid4().hex, expires_at=end)


def badge(client: Client, grant: TaskGrant) -> str:
    pages = [GRANTS, reverse("admin:secrets_app_taskgrant_change", args=[grant.pk])]
    shown = {kind for kind in ("plain", "bad") for page in pages if f"badge-{kind}" in client.get(page).text}
    (only,) = shown
    return only


def test_a_grant_that_its_grantor_ended_is_no_alarm(operator: Client, member: Any) -> None:
    grant = make_grant(member)
    revoke_grant(actor=Actor.from_user(member), grant_id=grant.pk)
    assert badge(operator, grant) == "plain"


def test_a_grant_that_somebody_else_revoked_is_red(operator: Client, superuser: Any, member: Any) -> None:
    grant = make_grant(member)
    revoke_grant(actor=Actor.from_staff(superuser, Origin()), grant_id=grant.pk)
    assert badge(operator, grant) == "bad"


def test_a_grant_that_ended_with_all_sessions_is_red(operator: Client, member: Any) -> None:
    grant = make_grant(member)
    end_grants(actor=Actor.from_user(member), grants=TaskGrant.objects.all(), reason=EndReason.SIGNED_OUT_EVERYWHERE)
    assert badge(operator, grant) == "bad"


def test_a_secrets_form_labels_date_and_time_and_has_room(operator: Client) -> None:
    page = operator.get(reverse("admin:secrets_app_secret_add")).text
    assert 'aria-label="Date"' in page
    assert 'aria-label="Time"' in page
    assert 'class="vLargeTextField"' in page


def test_a_page_that_is_not_there_leads_back_to_the_admin(operator: Client) -> None:
    page = operator.get("/admin/nowhere/")
    assert page.status_code == 404
    assert 'href="/admin/"' in page.text
    assert 'href="/admin/"' not in Client().get("/nowhere").text
