"""How much the server does at once."""

from __future__ import annotations

import os

import pytest

from neo_site.configuration.server import server, usable_cores
from neo_site.settings import env

pytestmark = pytest.mark.once


def test_there_is_a_worker_for_each_core_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO_WORKERS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8})
    assert server(env).workers == 3


def test_all_cores_count_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert len(usable_cores()) == os.cpu_count()
