"""What migrations do to data that Django itself keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from secrets_app.models import Secret
from tests.cast import make_secret
from tests.upgrades.frozen import separate_database

BEFORE, AFTER = "0010_omitted_owners", "0011_audit_events"


def codenames() -> set[str]:
    return set(Permission.objects.filter(codename__contains="_audite").values_list("codename", flat=True))


@pytest.mark.django_db(transaction=True)
def test_groups_keep_the_permission_to_view_audit_events() -> None:
    with separate_database():
        call_command("migrate", "auth", verbosity=0)
        call_command("migrate", "secrets_app", BEFORE, verbosity=0)
        auditors = Group.objects.create(name="auditors")
        auditors.permissions.add(Permission.objects.get(codename="view_auditentry"))
        call_command("migrate", "secrets_app", AFTER, verbosity=0)
        held = auditors.permissions.get()
        assert (held.codename, held.name) == ("view_auditevent", "Can view audit event")
        assert (held.content_type.app_label, held.content_type.model) == ("secrets_app", "auditevent")
        assert codenames() == {f"{action}_auditevent" for action in ("add", "change", "delete", "view")}
        call_command("migrate", "secrets_app", BEFORE, verbosity=0)
        assert auditors.permissions.get().codename == "view_auditentry"


@pytest.mark.nightly
@pytest.mark.django_db(transaction=True)
def test_secrets_in_quarantine_stay_there_back_and_forth(member: Any) -> None:
    for name, reason in (("FREE", ""), ("MADE", "agent"), ("RISKY", "risky_name")):
        Secret.objects.filter(pk=make_secret(member, name=name).pk).update(quarantine_reason=reason)
    try:
        former = MigrationExecutor(connection).migrate([("secrets_app", "0012_key_check_value")]).apps
        flags = dict(former.get_model("secrets_app", "Secret").objects.values_list("name", "is_quarantined"))
    finally:
        call_command("migrate", verbosity=0)
    assert flags == {"FREE": False, "MADE": True, "RISKY": True}
    reasons = dict(Secret.objects.values_list("name", "quarantine_reason"))
    assert reasons == {"FREE": "", "MADE": "agent", "RISKY": "agent"}
