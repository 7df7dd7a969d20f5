from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import User


@pytest.fixture
def make_users(db: None) -> Callable[[int], list[Any]]:
    """Return a function that makes so many users, without passwords, which would take their time."""

    def make(number: int) -> list[Any]:
        return User._default_manager.bulk_create(User(username=f"user-{index}") for index in range(number))

    return make
