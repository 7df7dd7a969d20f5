"""Our pages on a further admin site of the host. Their links stay on that site."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import path, reverse

from neo_site.urls import urlpatterns as usual
from projects.models import Project
from secrets_app import admin
from secrets_app.models import AuditEvent, Secret
from tests.cast import CANARY, make_invitation, make_secret
from tests.secrets_app.admin.crawl import crawl, links
from tests.secrets_app.admin.test_lists import make_grant

pytestmark = pytest.mark.once

START = "/back-office/"
SECRETS = f"{START}secrets_app/secret/"


def without(*models: Any) -> AdminSite:
    site = AdminSite(name="back-office")
    admin.register(site)
    site.register(get_user_model())
    for model in models:
        site.unregister(model)
    return site


site = without()
urlpatterns = [path("back-office/", site.urls), *usual]


@pytest.fixture
def operator(client: Client, superuser: Any, settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    client.force_login(superuser)
    return client


@pytest.fixture
def secret(superuser: Any, admin: Any, project: Project) -> Secret:
    make_grant(superuser)
    make_invitation(admin, project, "invited@example.com")
    Secret.objects.filter(pk=make_secret(superuser, name="HELD").pk).update(quarantine_reason="agent")
    return make_secret(admin, project_id=project.pk)


@pytest.mark.usefixtures("secret")
def test_every_link_leads_to_a_page_of_this_site(operator: Client) -> None:
    pages = crawl(operator, START)
    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert reverse(name, current_app=site.name) in pages
    for address, page in pages.items():
        assert CANARY not in page.text
        assert [link for link in links(page.text) if link.startswith("/admin/")] == [], address


def test_attention_links_lead_to_lists_of_this_site(operator: Client, secret: Secret) -> None:
    assert f"{SECRETS}?attention=quarantined" in links(operator.get(f"{START}secrets_app/").text)
    assert "/admin/secrets_app/secret/?attention=quarantined" in links(operator.get("/admin/").text)


def test_a_history_is_the_audit_of_this_site(operator: Client, secret: Secret) -> None:
    answer = operator.get(f"{SECRETS}{secret.pk}/history/")
    assert answer.headers["Location"] == f"{START}secrets_app/auditevent/?subject_id={secret.pk}"


def test_a_secret_is_added_changed_and_deleted(operator: Client, project: Project) -> None:
    form = {"name": "ADDED", "new_value": CANARY, "project": str(project.pk), "description": ""}
    assert operator.post(f"{SECRETS}add/", form).headers["Location"] == SECRETS
    page = f"{SECRETS}{Secret.objects.get().pk}/"
    assert operator.post(f"{page}change/", {"new_value": "", "description": "new"}).headers["Location"] == SECRETS
    assert Secret.objects.get().description == "new"
    assert operator.post(f"{page}delete/", {"post": "yes"}).headers["Location"] == SECRETS
    assert not Secret.objects.exists()


@pytest.mark.parametrize(
    ("action", "said"), [("make_default", "1 made default-available."), ("delete_selected", "1 d")]
)
def test_actions_work(operator: Client, secret: Secret, action: str, said: str) -> None:
    form = {"action": action, "_selected_action": [str(secret.pk)], "post": "yes"}
    answer = operator.post(SECRETS, form, follow=True)
    assert [to for to, _ in answer.redirect_chain] == [SECRETS]
    assert said in answer.text


def test_a_site_without_the_audit_keeps_its_pages(
    operator: Client, secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.urlpatterns", [path("back-office/", without(AuditEvent).urls)])
    assert operator.get(f"{SECRETS}{secret.pk}/history/").status_code == 200
    assert "auditevent" not in operator.get(f"{START}secrets_app/").text


def test_registration_keeps_the_sites_own_pages() -> None:
    site = AdminSite(name="own")
    site.register(Secret)
    admin.register(site)
    assert not isinstance(site._registry[Secret], admin.SecretAdmin)
