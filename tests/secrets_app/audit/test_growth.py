"""What grants and environments add to the database, in bytes, on PostgreSQL."""

from __future__ import annotations

import pytest
from django.db import connection

from benchmarks.growth import measured


@pytest.mark.once
@pytest.mark.django_db
def test_grants_and_environments_of_50_stay_small() -> None:
    require_postgresql()
    grown = measured(50, times=200)
    assert grown.environment <= 1_500
    assert grown.grant <= 3_000
    assert grown.first_grant <= 12_000


def require_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL tells the size of its tables.")
