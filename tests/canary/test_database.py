"""No value in the database: not in a table, not in SQLite's file nor in its write-ahead log, not in a dump."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from projects.models import Project
from secrets_app import vault
from secrets_app.models import DataKey, Secret
from tests.canary import places
from tests.canary.canary import ENCODINGS, Canary
from tests.canary.usage import use
from tests.cast import Api

# PostgreSQL has no text with NUL.
TEXTUAL = [name for name in ENCODINGS if not name.startswith("utf-16")]


@pytest.mark.django_db(transaction=True)
def test_a_day_of_use_leaves_no_value_in_the_database(api: Api, member: Any, project: Project, canary: Canary) -> None:
    use(api(member), project, canary)
    assert vault.open_value(Secret.objects.get(name="SHARED")).reveal() == canary.value
    assert canary.found_in(*places.database()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("encoding", TEXTUAL)
def test_a_planted_text_would_be_found(encoding: str, project: Project, canary: Canary) -> None:
    leak = ENCODINGS[encoding](canary.value).decode()
    Project.objects.update(settings_md=f"before {leak} after")
    assert canary.found_in(*places.database())


@pytest.mark.django_db(transaction=True)
def test_planted_bytes_would_be_found(member: Any, canary: Canary) -> None:
    DataKey.objects.create(user=member, master_key_id="k", wrapped=b"\0\xff" + canary.value.encode() + b"\0")
    assert canary.found_in(*places.database())


@pytest.mark.django_db(transaction=True)
def test_what_was_planted_and_deleted_is_overwritten_or_gone(project: Project, canary: Canary) -> None:
    """The positive control of the log: what a transaction wrote is in it even after the row has changed."""
    Project.objects.update(settings_md=canary.value)
    Project.objects.update(settings_md="")
    Project.objects.update(settings_md=canary.value)
    assert canary.found_in(*places.database())


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "yaml"])
def test_no_full_dump_has_the_value(form: str, api: Api, member: Any, project: Project, canary: Canary) -> None:
    use(api(member), project, canary)
    output = StringIO()
    call_command("dumpdata", format=form, stdout=output)
    assert "secrets_app.secret" in output.getvalue()
    assert canary.found_in(output.getvalue()) == []


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "yaml"])
def test_a_planted_leak_would_be_found_in_a_dump(form: str, project: Project, canary: Canary) -> None:
    Project.objects.update(settings_md=canary.value)
    output = StringIO()
    call_command("dumpdata", format=form, stdout=output)
    assert canary.found_in(output.getvalue())
