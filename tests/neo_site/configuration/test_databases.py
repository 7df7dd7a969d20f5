"""The options of the database: what each kind of connection pooling allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.databases import database

HERE = Path()


def configured(monkeypatch: pytest.MonkeyPatch, pooling: str) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", "postgres://user:canary-password@db.example.com/neo")
    monkeypatch.setenv("NEO_DATABASE_POOLING", pooling)
    return database(FileAwareEnv(), HERE)


@pytest.mark.parametrize("pooling", ["", "session"])
def test_a_connection_of_its_own_keeps_plans(monkeypatch: pytest.MonkeyPatch, pooling: str) -> None:
    config = configured(monkeypatch, pooling)
    assert config["OPTIONS"]["prepare_threshold"] == 2
    assert not config["DISABLE_SERVER_SIDE_CURSORS"]


def test_behind_a_transaction_pooler_nothing_outlives_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(monkeypatch, "transaction")
    assert config["OPTIONS"]["prepare_threshold"] is None
    assert config["DISABLE_SERVER_SIDE_CURSORS"]


def test_an_unknown_kind_of_pooling_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_DATABASE_POOLING must be session or transaction") as refusal:
        configured(monkeypatch, "statement")
    assert "canary-password" not in str(refusal.value)
