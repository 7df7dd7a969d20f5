"""`manage.py clear_expired_sessions`."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from neo_site.signin.models import Session

pytestmark = pytest.mark.django_db


def run(**options: Any) -> str:
    output = StringIO()
    call_command("clear_expired_sessions", stdout=output, **options)
    return output.getvalue()


def test_only_expired_sessions_are_deleted_in_batches(sessions: None) -> None:
    assert run(batch_size=2) == "Deleted expired sessions: 5.\n"
    assert Session.objects.count() == 1
    assert run() == "Deleted expired sessions: 0.\n"


def test_a_dry_run_only_counts(sessions: None) -> None:
    assert run(dry_run=True) == "Expired sessions: 5.\n"
    assert Session.objects.count() == 6
