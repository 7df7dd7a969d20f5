"""Operators restore former versions of a secret, after a question that shows masks alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.secrets import update_secret
from secrets_app.models import AuditEvent, Secret
from secrets_app.plaintext import BULLETS, Plaintext
from tests.cast import CANARY, make_secret

pytestmark = pytest.mark.once

LATER = "the-later-value-0123456789"


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def with_two_versions(user: Any, project: Project | None = None) -> Secret:
    secret = make_secret(user, value=CANARY, project_id=None if project is None else project.pk)
    return update_secret(actor=Actor.from_user(user), secret_id=secret.pk, changes={}, value=Plaintext(LATER))


def restore(secret: Secret, version: int = 1) -> str:
    return reverse("admin:secrets_app_secret_restore", args=[secret.pk, version])


def test_the_page_of_a_secret_leads_to_the_question(operator: Client, member: Any, project: Project) -> None:
    secret = with_two_versions(member, project)
    page = operator.get(reverse("admin:secrets_app_secret_change", args=[secret.pk])).text
    assert f'href="{restore(secret)}"' in page
    question = operator.get(restore(secret)).text
    assert f"{CANARY[:3]}••••••••{CANARY[-4:]}" in question
    assert str(project) in question
    assert CANARY not in page + question
    assert LATER not in page + question


def test_a_version_is_restored_and_audited(operator: Client, superuser: Any, member: Any, project: Project) -> None:
    secret = with_two_versions(member, project)
    answer = operator.post(restore(secret), follow=True)
    secret.refresh_from_db()
    assert (secret.version, vault.open_value(secret).reveal()) == (3, CANARY)
    assert "has the value of version 1 again, as version 3." in answer.text
    event = AuditEvent.objects.filter(event="secret.restored").get()
    assert (event.actor_kind, event.actor_id, event.data["from_version"]) == ("staff", str(superuser.pk), 1)


def test_a_look_at_the_question_restores_nothing(operator: Client, member: Any) -> None:
    secret = with_two_versions(member)
    assert BULLETS in operator.get(restore(secret)).text
    secret.refresh_from_db()
    assert secret.version == 2


def test_a_version_that_is_not_kept_is_404(operator: Client, member: Any) -> None:
    secret = with_two_versions(member)
    assert operator.post(restore(secret, 2)).status_code == 404
    assert operator.post(restore(secret, 7)).status_code == 404
    assert operator.post(f"/admin/secrets_app/secret/{secret.pk}x/versions/1/restore/").status_code == 404


def test_an_operator_who_may_only_view_restores_nothing(client: Client, staff: Any, member: Any) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_secret"))
    client.force_login(staff)
    secret = with_two_versions(member)
    page = client.get(reverse("admin:secrets_app_secret_change", args=[secret.pk]))
    assert page.status_code == 200
    assert "/restore/" not in page.text
    assert (client.get(restore(secret)).status_code, client.post(restore(secret)).status_code) == (403, 403)
    secret.refresh_from_db()
    assert secret.version == 2


def test_the_question_needs_a_sign_in(client: Client, member: Any) -> None:
    assert client.get(restore(with_two_versions(member)))["Location"].startswith("/admin/login/")
