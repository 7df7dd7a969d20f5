from __future__ import annotations

import pytest

from tests.limits import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the limits."""
    return Clock(monkeypatch)
