"""A policy table with one thing wrong in it is noticed: each row, each role, the scope, the staff permission.

The tables of expectations in `test_policies.py`, written by hand, notice it. A new row of a policy table is flipped
here as it comes, and survives until something is expected of it. `test_table.py` flips them under the running API too.
"""

from __future__ import annotations

import pytest

from tests.authorization.flips import Expectation, Row, expectations, flips, survivors
from tests.authorization.policies import POLICIES
from tests.projects.test_policies import TABLE as PROJECTS_TABLE
from tests.secrets_app.test_policies import TABLE as SECRETS_TABLE

ROWS: dict[str, Row] = {
    **{permission: (*row[:-1], f"projects.{row[-1]}") for permission, row in PROJECTS_TABLE.items()},
    **{permission: (*row[:-1], f"secrets_app.{row[-1]}") for permission, row in SECRETS_TABLE.items()},
}
SCOPES = {row[-2] for row in ROWS.values() if row[-2]}
STAFF = {row[-1] for row in ROWS.values()}

EXPECTED: dict[str, list[Expectation]] = {
    permission: list(expectations(row, SCOPES, STAFF)) for permission, row in ROWS.items()
}
FLIPS = {
    permission: [flip for flip in flips(POLICIES, SCOPES, STAFF) if flip.permission == permission]
    for permission in POLICIES
}


@pytest.mark.parametrize("permission", POLICIES)
def test_every_part_of_a_row_is_flipped(permission: str) -> None:
    right, flipped = POLICIES[permission], [flip.grant for flip in FLIPS[permission]]
    assert [grant for grant in flipped if grant.roles != right.roles]
    assert [grant for grant in flipped if grant.scope != right.scope]
    assert [grant for grant in flipped if grant.staff != right.staff]


@pytest.mark.parametrize("permission", POLICIES)
def test_the_right_policy_meets_every_expectation(permission: str) -> None:
    assert [each for each in EXPECTED[permission] if not each.is_met_by(POLICIES[permission])] == []


@pytest.mark.parametrize("permission", POLICIES)
def test_no_flip_goes_unnoticed(permission: str) -> None:
    assert survivors(FLIPS[permission], EXPECTED) == set()


@pytest.mark.parametrize("permission", POLICIES)
def test_without_its_expectations_every_flip_goes_unnoticed(permission: str) -> None:
    without = {other: expected for other, expected in EXPECTED.items() if other != permission}
    assert survivors(FLIPS[permission], without) == {str(flip) for flip in FLIPS[permission]}
