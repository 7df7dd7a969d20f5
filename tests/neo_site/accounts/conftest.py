from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from tests.neo_site.signin.conftest import post

__all__ = ["post"]

Committed = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Committed:
    """`with committed(): …`: at its end comes what waits for a commit, such as mail. The test commits nothing."""
    return partial(django_capture_on_commit_callbacks, execute=True)
