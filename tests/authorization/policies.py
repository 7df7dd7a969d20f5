"""The permission tables of all apps, as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from neo_base.access.policies import Rule
from projects import policies as projects_policies
from secrets_app import policies as secrets_policies

TABLES: list[Mapping[Any, Rule]] = [projects_policies.PERMISSIONS, secrets_policies.PERMISSIONS]
POLICIES: dict[str, Rule] = {permission: grant for table in TABLES for permission, grant in table.items()}


def table_of(permission: str) -> dict[Any, Rule]:
    """The table that has the row, for tests that change it."""
    return next(cast("dict[Any, Rule]", table) for table in TABLES if permission in table)
