"""A browser without a screen: Django's client, signed in as somebody of the cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.secrets_app.task import make_task  # noqa: F401  (a fixture)

SignedIn = Callable[[Any], Client]


@pytest.fixture
def signed_in() -> SignedIn:
    def client_of(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of
