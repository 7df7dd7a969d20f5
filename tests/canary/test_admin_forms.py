"""No value in the log or in the database, after a day at the forms of the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from secrets_app.models import AuditEvent, Secret
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.conftest import Log
from tests.canary.test_admin_pages import ADD, change

pytestmark = pytest.mark.once


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def test_a_day_at_the_forms_logs_no_value(operator: Client, canary: Canary, log: Log) -> None:
    operator.post(ADD, {"name": "FORM", "new_value": canary.value})
    operator.post(change(Secret.objects.get()), {"description": "", "new_value": f"{canary.value}2"})
    operator.post(reverse("admin:secrets_app_secret_delete", args=[Secret.objects.get().pk]), {"post": "yes"})
    assert "INSERT INTO" in log()
    assert canary.found_in(log()) == []


@pytest.mark.django_db(transaction=True)
def test_a_day_at_the_forms_leaves_no_value_in_the_database(operator: Client, canary: Canary) -> None:
    operator.post(ADD, {"name": "lower case", "new_value": canary.value})
    operator.post(ADD, {"name": "FORM", "new_value": canary.value})
    operator.post(ADD, {"name": "FORM", "new_value": canary.value})
    operator.post(change(Secret.objects.get()), {"description": "", "new_value": f"{canary.value}2"})
    assert AuditEvent.objects.exists()
    assert canary.found_in(*places.database()) == []
