"""NEO_LANGUAGE, and what stays in English in every language."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from environ import FileAwareEnv

from neo_site.configuration import languages
from projects.models import Membership, Project
from secrets_app.models import AuditEvent, Secret
from tests.cast import make_secret

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("given", "codes"), [("", ["en", "de"]), ("de", ["de"]), (" EN ", ["en"])])
def test_the_setting_leaves_both_languages_or_one(
    monkeypatch: pytest.MonkeyPatch, given: str, codes: list[str]
) -> None:
    monkeypatch.setattr(FileAwareEnv, "ENVIRON", {"NEO_LANGUAGE": given} if given else {})
    assert [code for code, _ in languages.languages(FileAwareEnv())] == codes


def test_another_language_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileAwareEnv, "ENVIRON", {"NEO_LANGUAGE": "tlh"})
    with pytest.raises(ImproperlyConfigured, match=r"NEO_LANGUAGE must be one of: en, de; or empty\."):
        languages.languages(FileAwareEnv())


@pytest.mark.parametrize(
    "command",
    [
        ["permissions"],
        ["spectacular", "--format", "openapi-json"],
        ["check"],
        ["audit", "verify"],
        ["audit", "export"],
        ["secrets", "expiring", "--within", "30"],
        ["clear_ended_invitations", "--dry-run"],
        ["clear_expired_grants", "--dry-run"],
        ["clear_expired_sessions", "--dry-run"],
    ],
    ids=" ".join,
)
def test_commands_print_the_same_on_a_german_site(settings: Any, project: Any, command: list[str]) -> None:
    make_secret(project.memberships.first().user, expires_at=timezone.now() + timedelta(days=3))
    printed = []
    for language in ("en", "de"):
        settings.LANGUAGE_CODE = language
        with translation.override(language), StringIO() as output:
            call_command(*command, stdout=output)
            printed.append(output.getvalue())
    # The record tells of its own export.
    assert printed[0] in printed[1] if command == ["audit", "export"] else printed[0] == printed[1]
    assert printed[0]


def test_the_audit_log_does_not_depend_on_the_language(
    client: Client, superuser: Any, project: Project, member: Any
) -> None:
    client.force_login(superuser)
    rows = []
    for language in ("en", "de"):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        AuditEvent.objects.all()._raw_delete("default")
        membership = Membership.objects.get(user=member)
        page = reverse("admin:projects_membership_change", args=[membership.pk])
        for role in ("viewer", "member"):
            assert client.post(page, {"role": role}).status_code == 302
        form = {"name": "TOKEN", "new_value": "v", "description": "d", "default_available": "on"}
        assert client.post(reverse("admin:secrets_app_secret_add"), form).status_code == 302
        secret = Secret.objects.get()
        act = {"_selected_action": [str(secret.pk)], "post": "yes"}
        for action in ("make_selectable", "delete_selected"):
            client.post(reverse("admin:secrets_app_secret_changelist"), {"action": action, **act})
        held = AuditEvent.objects.order_by("id").values("event", "outcome", "actor_kind", "subject_kind", "data")
        rows.append([json.dumps(row, sort_keys=True) for row in held])
    assert len(rows[0]) >= 5
    assert rows[0] == rows[1]
