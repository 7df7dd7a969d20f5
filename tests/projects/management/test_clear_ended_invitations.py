"""The command `clear_ended_invitations`: addresses of invited people are not kept for ever."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from projects.models import Invitation, Project
from tests.cast import make_invitation, make_project

LONG_AGO, LATELY = timezone.now() - timedelta(days=31), timezone.now() - timedelta(days=29)
ENDS = ["accepted_at", "declined_at", "revoked_at", "expires_at"]


def run(**options: Any) -> str:
    out = StringIO()
    call_command("clear_ended_invitations", stdout=out, **options)
    return out.getvalue().strip()


def invite(inviter: Any, project: Project, name: str, **columns: Any) -> None:
    row = make_invitation(inviter, project, f"{name}@example.com").row
    Invitation.objects.filter(pk=row.pk).update(**columns)


@pytest.fixture
def invitations(admin: Any, project: Project) -> None:
    """Create an old and a recent invitation for each way to end, and an open one, in two projects."""
    for into in (project, make_project(admin)):
        for end in ENDS:
            invite(admin, into, f"{end}-old", **{end: LONG_AGO})
            invite(admin, into, f"{end}-new", **{end: LATELY})
        invite(admin, into, "open")


@pytest.mark.usefixtures("invitations")
@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_what_ended_long_ago_goes_and_the_rest_stays(batch_size: int) -> None:
    assert run(batch_size=batch_size) == "Deleted ended invitations: 8."
    left = {row.email.split("@")[0] for row in Invitation.objects.all()}
    assert left == {"open", *(f"{end}-new" for end in ENDS)}
    assert run() == "Deleted ended invitations: 0."


@pytest.mark.usefixtures("invitations")
def test_a_dry_run_only_counts() -> None:
    assert run(dry_run=True) == "Ended invitations: 8."
    assert Invitation.objects.count() == 18


@pytest.mark.usefixtures("invitations")
def test_how_long_they_stay_can_be_said() -> None:
    assert run(days=28) == "Deleted ended invitations: 16."
    assert Invitation.objects.count() == 2
