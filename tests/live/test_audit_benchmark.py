"""The benchmark of the audit, cut short: that it runs, that each action has its one row, and that it would tell."""

from __future__ import annotations

import pytest

from benchmarks.audit import differences, measure

pytestmark = pytest.mark.once


@pytest.mark.nightly
def test_each_acknowledged_action_of_many_writers_has_one_row() -> None:
    result = measure(seconds=1, phase=0.5, every=0.2, writers=16)
    assert result.wrong == []
    assert result.acknowledged > 16
    assert result.blocks > 0
    assert "Unaltered: yes" in result.verified
    assert "Complete: yes" in result.verified


def test_it_names_missing_doubled_and_unowned_rows() -> None:
    acknowledged = [("a", "secret.created"), ("b", "secret.deleted"), ("c", "grant.created")]
    rows = [("a", "secret.created"), ("a", "secret.created"), ("b", "secret.updated"), ("c", "grant.created")]
    assert differences(acknowledged, rows) == [
        "secret.deleted of request b is missing from the audit log",
        "secret.created of request a is once too often in the audit log",
        "secret.updated of request b is once too often in the audit log",
    ]
    assert differences(rows, rows) == []
