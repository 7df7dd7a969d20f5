"""The figures of a run: gaps between acknowledgements, and how many there were."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.failover.ledger import Ledger, longest_gap

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("times", "gap"),
    [
        ([], 10),
        ([9, 11, 12, 19], 7),
        ([8, 15], 7),  # From before the fault on.
        ([10, 11, 12], 8),  # Until the end.
        ([12, 10, 20, 11], 8),  # Several clients write them down.
    ],
)
def test_gap_reaches_from_the_last_acknowledgement_to_the_next(times: list[float], gap: float) -> None:
    assert longest_gap(times, 10, 20) == gap


def test_every_kind_of_acknowledgement_counts() -> None:
    ledger = Ledger(
        created={"a": datetime.now(UTC), "b": datetime.now(UTC)},
        versions={"a": 2},
        deleted={"b"},
        revoked={"grant"},
        uses=Counter(grant=3),
        removed={7},
    )
    assert ledger.acknowledged() == 2 + 1 + 1 + 1 + 3 + 1
