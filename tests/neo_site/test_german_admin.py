"""The admin in German: every page of every model of these apps."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from html import unescape
from itertools import islice
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.models import Invitation, Membership, Project
from secrets_app.actions.tokens import UNSET, create_token
from secrets_app.models import DataKey, KeyCheckValue, Secret, ServiceToken, TaskGrant
from tests.canary.canary import Canary
from tests.canary.test_admin_pages import pages_of
from tests.canary.usage import use
from tests.cast import ApiClient, make_invitation, make_project, make_secret, make_user
from tests.messages import SOURCES
from tests.test_messages import forms, of

pytestmark = pytest.mark.once

OURS = ("projects", "secrets_app", "neo_signin")
MODELS = sorted((each for each in admin.site._registry if each._meta.app_label in OURS), key=lambda m: m._meta.label)
WORD = re.compile(r"[A-Za-zÄÖÜäöüß]{2,}")
COMMON = re.findall(
    r"\w+", "the of and to is are with which that not from for by has have was were their whose what when"
)
# English on purpose: the codes of events and scopes, and what the record holds beside; names in capitals; ids.
CODES = re.compile(
    r"\b[a-z_]+[.:][a-z_:]+\b|\b[A-Z][A-Z0-9_]+\b|\b[0-9a-f]{4,}(?:-[0-9a-f]{4,})*\b|neo_\w+|Neo Secrets"
)
DETAILS = re.compile(r'<div class="form-row field-shown_data">.*?</fieldset>', re.DOTALL)
# The picture beside Django's box for searches has a text that is not translated.
OF_DJANGO = {"forbidden", "search"}


@cache
def english_only() -> frozenset[str]:
    """Return the words of these apps' English texts that no German text has."""
    texts = [(message.id, message.string) for app in SOURCES for message in of(app, "de")]
    english = {word for text, _ in texts for form in forms(text) for word in WORD.findall(form.lower())}
    german = {word for _, text in texts for form in forms(text) for word in WORD.findall(form.lower())}
    return frozenset((english | set(COMMON)) - german - OF_DJANGO)


def shown(page: str) -> str:
    """Return what people see or hear of a page."""
    page = re.sub(r"<(script|style|svg)\b.*?</\1>|<!--.*?-->", " ", DETAILS.sub(" ", page), flags=re.DOTALL)
    read_out = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', page)
    read_out += re.findall(r'type="submit"[^>]*value="([^"]*)"', page)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *read_out]))


def english(page: str) -> list[str]:
    return sorted(english_only().intersection(WORD.findall(CODES.sub(" ", shown(page)).lower())))


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT, de;q=0.9, en;q=0.5"
    client.force_login(superuser)
    return client


@pytest.fixture(scope="module")
def ada(kept_for_the_module: None) -> Any:
    # Nobody's name is a word of a page.
    return make_user("ada")


@pytest.fixture(scope="module")
def alpha(ada: Any) -> Project:
    for name in ("bob", "eve"):
        make_user(name)
    return make_project(ada, name="Alpha", bob=Role.MEMBER, eve=Role.VIEWER)


@pytest.fixture(scope="module")
def used(ada: Any, alpha: Project) -> None:
    """A site after a day of use, and with what needs attention."""
    use(ApiClient(ada), alpha, Canary())
    now, actor = timezone.now(), Actor.from_user(ada)
    for name, days in (("PAST", -1), ("SOON", 3), ("LATER", 300)):
        make_secret(ada, name=name, value="ab", expires_at=now + timedelta(days=days), default_available=True)
    Secret.objects.filter(name="LATER").update(quarantine_reason="agent", created_by_agent=True)
    Secret.objects.filter(name="SHARED").update(mask=Secret.objects.get(name="PAST").mask)
    for name, expires_at in (("t", UNSET), ("t3", now + timedelta(days=3)), ("t300", now + timedelta(days=300))):
        create_token(actor=actor, name=name, scopes=["secrets:read"], expires_at=expires_at)
    ServiceToken.objects.filter(name="t").update(expires_at=None)
    ServiceToken.objects.filter(name="t300").update(revoked_at=now - timedelta(days=2))
    ApiClient(ada).post("/api/v1/task-grants", {"max_uses": 3, "task_id": "t"})
    TaskGrant.objects.create(user=ada, prefix="p", digest="d", expires_at=now + timedelta(1), max_uses=0)
    TaskGrant.objects.create(user=ada, prefix="q", digest="e", expires_at=now - timedelta(1))
    DataKey.objects.filter(project=alpha).update(state=DataKey.State.RETIRING)
    KeyCheckValue.objects.create(master_key_id="gone", check_value=b"")
    make_invitation(ada, alpha, "joe@example.com")
    Invitation.objects.create(project=alpha, email="kim@example.com", role="viewer", expires_at=now, token_digest="x")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_page_of_a_model_has_an_english_text(model: type[Model], operator: Client, used: None) -> None:
    # The rows that come later have pages like the first ones.
    pages = {path: operator.get(path, follow=True) for path in islice(pages_of(model), 50)}
    assert {path: words for path, page in pages.items() if (words := english(page.text))} == {}
    assert all(page.headers["Content-Language"] == "de" for page in pages.values())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/admin/", ["Handlungsbedarf", "Abgelaufene Geheimnisse", "Das ganze Protokoll", "Hauptschlüssel, die"]),
        ("/admin/secrets_app/", ["Handlungsbedarf", "Freigaben", "Dienst-Tokens"]),
        ("/admin/secrets_app/secret/", ["in Quarantäne", "zu kurz zum Schwärzen", "unlesbar", "bis 2", "noch "]),
        ("/admin/secrets_app/secret/add/", ["Der Wert wird nie wieder angezeigt", "Standardmäßig verfügbar"]),
        ("/admin/secrets_app/servicetoken/", ["unbefristet", "widerrufen, 2", "Benutzer"]),
        ("/admin/secrets_app/taskgrant/", ["verbraucht", "abgelaufen, 1", "0 von 3", "noch "]),
        ("/admin/secrets_app/keycheckvalue/", ["fehlt", "Darunter: Auslaufend"]),
        ("/admin/secrets_app/auditevent/", ["Letzte 24 Stunden", "Nach Tag", "Geheimnis", "Noch nicht verkettet"]),
        ("/admin/projects/project/", ["Mitglieder", "Schlagwörter", "Einladungen"]),
        ("/admin/projects/membership/", ["Leser", "beigetreten am"]),
        ("/admin/projects/invitation/", ["Offen", "Abgelaufen", "Ausgewählte Einladungen widerrufen"]),
        ("/admin/neo_signin/session/", ["Anmeldung", "Ausgewählte Sitzungen widerrufen"]),
    ],
)
def test_pages_are_in_german(operator: Client, used: None, path: str, said: list[str]) -> None:
    page = operator.get(path).text
    assert english(page) == []
    assert [text for text in said if text.lower() not in shown(page).lower()] == []


def test_errors_of_forms_are_in_german(operator: Client, superuser: Any) -> None:
    make_secret(superuser, name="TAKEN")
    for form, said in (
        ({"name": "lower", "new_value": "x"}, "Großbuchstaben A bis Z"),
        ({"name": "TAKEN", "new_value": "x"}, "Dieser Eigentümer hat schon ein Geheimnis mit diesem Namen."),
    ):
        page = operator.post(reverse("admin:secrets_app_secret_add"), form, follow=True).text
        assert said in page
        assert english(page) == []
    tags = {"name": "N", "tags": ",".join(str(number) for number in range(30)), "memberships-TOTAL_FORMS": 0}
    page = operator.post(reverse("admin:projects_project_add"), tags | {"memberships-INITIAL_FORMS": 0}).text
    assert "Das sind zu viele Schlagwörter. Höchstens 20 verwenden." in page
    assert english(page) == []


def test_results_of_actions_are_in_german(operator: Client, used: None, ada: Any) -> None:
    def act(model: str, action: str, *rows: Any) -> str:
        data = {"action": action, "_selected_action": [str(row.pk) for row in rows], "post": "yes"}
        return shown(operator.post(reverse(f"admin:{model}_changelist"), data, follow=True).text)

    last = Membership.objects.get(user=ada)
    assert "Ein Projekt braucht mindestens einen Admin" in act("projects_membership", "delete_selected", last)
    secret = Secret.objects.get(name="LATER")
    assert "1 aus der Quarantäne entlassen." in act("secrets_app_secret", "promote", secret)
    assert "1 gehen nur noch an Aufgaben, die sie" in act("secrets_app_secret", "make_selectable", secret)
    assert "1 standardmäßig verfügbar gemacht." in act("secrets_app_secret", "make_default", secret)
    assert "1 gelöscht." in act("secrets_app_secret", "delete_selected", secret)
    assert "1 widerrufen." in act("secrets_app_servicetoken", "revoke", ServiceToken.objects.get(name="t3"))
    open_one = Invitation.objects.get(email="joe@example.com")
    assert "1 widerrufen." in act("projects_invitation", "revoke", open_one)


def test_refusals_of_the_admin_are_in_german(operator: Client, used: None, ada: Any) -> None:
    search = reverse("admin:projects_project_changelist") + "?q=a+b+c+d+e"
    assert "Die Suche hat zu viele Wörter. Höchstens 4 verwenden." in operator.get(search, follow=True).text
    assert "Einziger Admin von Alpha" in operator.get(reverse("admin:auth_user_delete", args=[ada.pk])).text
