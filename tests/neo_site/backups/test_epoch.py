"""The epoch: a restored copy is told from the original, however it was made, until its credentials are revoked."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.signals import connection_created

from neo_base.rest.outages import outage_of
from neo_site.backups import epoch
from neo_site.backups.models import Epoch
from neo_site.doctor import backups
from neo_site.doctor.findings import Grade
from secrets_app.models import AuditEvent
from tests.live.databases import ON_POSTGRESQL

pytestmark = pytest.mark.django_db


@pytest.fixture
def original(epoch_file: Path) -> Path:
    """The database of a site that has served; its file beside the keys."""
    Epoch.objects.all().delete()
    Epoch.objects.create()
    epoch_file.write_text("an epoch\n")
    epoch.learn()
    return epoch_file


def test_a_server_learns_what_is_not_known_yet(original: Path) -> None:
    (row,) = Epoch.objects.all()
    assert row.beside_keys == "an epoch"
    assert bool(row.place) is ON_POSTGRESQL
    epoch.require_original()


def test_a_row_without_a_file_is_no_copy(epoch_file: Path) -> None:
    Epoch.objects.all().delete()
    Epoch.objects.create()
    epoch.learn()
    epoch.require_original()


SIGNS = {
    "a backup of ours": (lambda _: Epoch.objects.all().delete(), "row of its epoch is missing"),
    "a file of another site": (lambda path: path.write_text("another"), "belongs to another one"),
    "no file beside the keys": (Path.unlink, "is missing"),
}


@pytest.mark.parametrize(("alter", "says"), SIGNS.values(), ids=SIGNS)
def test_each_sign_of_a_copy_is_seen(original: Path, alter: Any, says: str) -> None:
    alter(original)
    with pytest.raises(epoch.RestoredCopy, match=says) as refusal:
        epoch.learn()
    assert "manage.py revoke_everything --yes" in str(refusal.value)
    assert outage_of(refusal.value) == "restored_copy"
    (found,) = backups.copies()
    assert found.grade is Grade.ERROR


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has no numbers of tables")
def test_a_table_in_another_place_is_a_copy(original: Path) -> None:
    Epoch.objects.update(place="1/2/3")
    with pytest.raises(epoch.RestoredCopy, match=r"another place.*--not-a-copy"):
        epoch.require_original()


@pytest.mark.parametrize("command", [("revoke_everything", "--yes"), ("restore", "--not-a-copy")])
def test_either_command_puts_a_copy_into_service(original: Path, command: tuple[str, str]) -> None:
    Epoch.objects.all().delete()
    call_command(*command, stdout=StringIO())
    epoch.require_original()
    (event,) = AuditEvent.objects.filter(event="database.adopted")
    assert event.data["revoked"] is (command[0] == "revoke_everything")


def test_revoking_everything_elsewhere_leaves_the_epoch_alone(original: Path) -> None:
    before = list(Epoch.objects.values())
    call_command("revoke_everything", "--yes", stdout=StringIO())
    assert list(Epoch.objects.values()) == before
    assert not AuditEvent.objects.filter(event="database.adopted").exists()


@pytest.fixture
def watched() -> Iterator[None]:
    epoch.watch()
    epoch._inspected.clear()
    yield
    connection_created.disconnect(dispatch_uid="neo_backups.epoch")
    epoch._inspected.clear()


@pytest.mark.django_db(transaction=True)
def test_a_running_server_does_not_connect_to_a_copy(original: Path, watched: None) -> None:
    connection.close()
    connection.ensure_connection()
    epoch._inspected.clear()
    Epoch.objects.all().delete()
    connection.close()
    for _ in range(2):
        with pytest.raises(epoch.RestoredCopy):
            connection.ensure_connection()
    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_database_without_tables_has_nothing_to_tell(epoch_file: Path, backup: Path, empty_database: None) -> None:
    epoch.learn()
