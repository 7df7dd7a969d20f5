"""A service token in `Authorization` is accepted under the scheme Bearer and no other."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import create_token
from tests.cast import Api

pytestmark = pytest.mark.once


@pytest.mark.parametrize("authorization", ["{}", "Basic {}", "Token {}", "ApiKey {}", "Bearers {}", "Bearer:{}"])
def test_a_token_under_another_scheme_signs_nobody_in(api: Api, member: Any, authorization: str) -> None:
    token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    answer = api(None).get("/api/v1/secrets", Authorization=authorization.format(token.text))
    assert answer.status_code == 401


@pytest.mark.parametrize("authorization", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {} "])
def test_the_scheme_has_any_case_and_spaces_are_dropped(api: Api, member: Any, authorization: str) -> None:
    token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    answer = api(None).get("/api/v1/secrets", Authorization=authorization.format(token.text))
    assert answer.status_code == 200
