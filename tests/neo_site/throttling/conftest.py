from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from tests.limits import CACHE_KINDS, use_cache


@pytest.fixture(params=CACHE_KINDS)
def each_cache(request: pytest.FixtureRequest, settings: Any, transactional_db: None) -> str:
    """The test runs on memory, on the database and on Redis."""
    kind = str(request.param)
    use_cache(settings, kind)
    cache.clear()
    return kind
