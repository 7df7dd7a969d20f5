"""The OpenAPI document: the committed copy, the contract's create endpoint in it, and its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from tests.openapi import plain_document

SNAPSHOT = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def schema_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = plain_document()["components"]["schemas"][name]
    return found


def test_the_committed_copy_is_the_served_document(client: Client, db: None) -> None:
    served = client.get("/api/openapi.json")
    assert served.headers["Content-Type"] == "application/json"
    assert served.json() == json.loads(SNAPSHOT.read_text()), (
        "The API has changed: run `make schema` and look at the diff."
    )


def test_making_it_warns_of_nothing() -> None:
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(public=True)
    assert [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache] == []


def test_it_is_openapi_3_1_and_every_object_is_closed() -> None:
    assert plain_document()["openapi"].startswith("3.1")
    objects = {
        name: schema for name, schema in plain_document()["components"]["schemas"].items() if "properties" in schema
    }
    assert [name for name, schema in objects.items() if schema["additionalProperties"] is not False] == []


def test_every_operation_lists_its_problems() -> None:
    for path, methods in plain_document()["paths"].items():
        for method, operation in methods.items():
            assert {"400", "405", "429", "500", "503"} <= operation["responses"].keys(), f"{method} {path}"


def test_each_operation_has_an_id_of_its_own_without_any_hook() -> None:
    """A host site's document has no duplicate operations, though each address has two forms."""
    document: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    ids = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    assert len(ids) == len(set(ids)) > 30
    assert [path for path in document["paths"] if path.endswith("/")] == []


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("name", {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Z][A-Z0-9_]*$"}),
        ("value", {"type": "string", "minLength": 1, "maxLength": 10_000, "writeOnly": True}),
        ("created_by_agent", {"type": "boolean", "description": "Default: `false`."}),
        ("default_available", {"type": "boolean"}),
        ("project_id", {"type": ["string", "null"], "format": "uuid"}),
    ],
)
def test_the_create_request_is_the_contracts(field: str, rule: dict[str, Any]) -> None:
    schema = schema_of("SecretCreate")
    assert set(schema["required"]) == {"name", "value"}
    assert set(schema["properties"]) == {"name", "value", "created_by_agent", "default_available", "project_id"}
    assert rule.items() <= schema["properties"][field].items()


def test_the_create_answer_is_the_contracts() -> None:
    schema = schema_of("Secret")
    fields = {"id", "name", "masked_value", "default_available", "created_by_agent", "project_id", "created_at"}
    assert set(schema["required"]) == set(schema["properties"]) == fields | {"updated_at"}


def test_no_answer_has_a_value() -> None:
    readable = {
        name: schema.get("properties", {}) for name, schema in plain_document()["components"]["schemas"].items()
    }
    holders = {name for name, members in readable.items() if "value" in members}
    assert all(readable[name]["value"]["writeOnly"] for name in holders)


def test_the_page_takes_everything_from_this_host(client: Client, db: None) -> None:
    page = client.get("/api/docs").content.decode()
    assert "http://" not in page
    assert "https://" not in page


def test_a_text_that_may_be_empty_has_one_form() -> None:
    """An empty one would fit both forms of a `oneOf`, and so none."""
    assert '"maxLength": 0' not in json.dumps(plain_document())
