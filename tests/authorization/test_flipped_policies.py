"""A policy table with one thing wrong in it is noticed: each row, each role, the scope, the staff permission.

The tables of expectations in `test_policies.py`, written by hand, notice it. A new row of a policy table is flipped
here as it comes, and survives until something is expected of it. `test_table.py` flips them under the running API too.
"""

from __future__ import annotations

import pytest

from tests.authorization.flips import Expectation, Flip, Row, expectations, flips, survivors
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
FLIPS = list(flips(POLICIES, SCOPES, STAFF))
FLIPPED_ROLES = [flip for flip in FLIPS if flip.grant.roles != POLICIES[flip.permission].roles]


def test_every_row_is_flipped_in_every_way() -> None:
    assert {flip.permission for flip in FLIPS} == set(POLICIES)
    assert {flip.permission for flip in FLIPS if flip.grant.scope != POLICIES[flip.permission].scope} == set(POLICIES)
    assert {flip.permission for flip in FLIPS if flip.grant.staff != POLICIES[flip.permission].staff} == set(POLICIES)
    assert {flip.permission for flip in FLIPPED_ROLES} == set(POLICIES)


@pytest.mark.parametrize("permission", POLICIES)
def test_the_policy_as_it_is_meets_every_expectation(permission: str) -> None:
    grant = POLICIES[permission]
    assert [each for each in EXPECTED[permission] if not each.is_met_by(grant)] == []


@pytest.mark.parametrize("flip", FLIPS, ids=str)
def test_a_flip_is_noticed_by_the_table_of_expectations(flip: Flip) -> None:
    assert survivors([flip], EXPECTED) == set()


@pytest.mark.parametrize("permission", POLICIES)
def test_without_its_row_of_expectations_every_flip_of_a_permission_survives(permission: str) -> None:
    without = {other: expected for other, expected in EXPECTED.items() if other != permission}
    assert survivors(FLIPS, without) == {str(flip) for flip in FLIPS if flip.permission == permission}
