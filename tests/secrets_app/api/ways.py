"""Both ways that a request can go: the quick one, on PostgreSQL, and the plain one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="the quick way needs PostgreSQL")

BOTH = [pytest.param(True, id="quick", marks=on_postgresql), pytest.param(False, id="plain")]


def choose_way(settings: Any, *, quick: bool) -> None:
    """Let requests take the quick way, or force the plain one."""
    settings.NEO_BASE = {**settings.NEO_BASE, "QUICK_WAY": quick}
