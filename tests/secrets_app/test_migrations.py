"""What migrations do to data that Django itself keeps."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

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
