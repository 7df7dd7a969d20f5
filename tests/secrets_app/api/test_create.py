"""POST /api/v1/secrets"""

from __future__ import annotations

from typing import Any

from secrets_app.models import Secret
from tests.cast import Api

CONTRACT_FIELDS = {
    "id",
    "name",
    "masked_value",
    "default_available",
    "created_by_agent",
    "project_id",
    "created_at",
    "updated_at",
}


def test_it_answers_the_object_of_the_contract(api: Api, member: Any) -> None:
    body = {"name": "GITHUB_TOKEN", "value": "ghp_" + 36 * "x", "default_available": True}
    answer = api(member).post("/api/v1/secrets", body)
    assert answer.status_code == 201
    secret = answer.json()
    assert secret.keys() == CONTRACT_FIELDS
    assert secret["masked_value"] == "ghp••••••••xxxx"
    assert secret["id"] == str(Secret.objects.get().id)
