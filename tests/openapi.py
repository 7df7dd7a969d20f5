"""Holds live answers against the served OpenAPI document."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from neo_site.openapi import document


@cache
def plain_document() -> dict[str, Any]:
    """The document as a client reads it."""
    loaded: dict[str, Any] = json.loads(json.dumps(document()))
    return loaded


@cache
def operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """(pattern of the path, operations by method), the most literal path first."""
    paths = sorted(plain_document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "/?"), methods) for path, methods in paths]


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The documented operation, None for an address or a method that is not documented."""
    for pattern, methods in operations():
        if pattern.fullmatch(path):
            found: dict[str, Any] | None = methods.get("get" if method == "HEAD" else method.lower())
            return found
    return None


def assert_documented(method: str, path: str, status: int, content_type: str, body: bytes) -> None:
    """Fail unless the document lists this status for the operation, with this media type and a schema that fits."""
    operation = operation_of(method, path)
    if operation is None:
        assert status in (401, 404, 405), f"{method} {path} is not documented and answered {status}"
        return
    assert str(status) in operation["responses"], f"{method} {path} answered {status}, which is not documented"
    content = operation["responses"][str(status)].get("content")
    if content is None or method == "HEAD":
        assert body == b""
        return
    assert content_type in content, f"{content_type} is not documented for {method} {path} {status}"
    _validator(json.dumps(content[content_type]["schema"])).validate(json.loads(body))


@cache
def _validator(schema: str) -> Draft202012Validator:
    """Return what validates against a schema of the document. Making it takes longer than most answers do."""
    components = {"components": plain_document()["components"]}
    return Draft202012Validator(json.loads(schema) | components, format_checker=FormatChecker())


@cache
def request_validator(operation_id: str) -> Draft202012Validator:
    """Return what validates the JSON that an operation takes."""
    every = (operation for methods in plain_document()["paths"].values() for operation in methods.values())
    operation = next(each for each in every if each["operationId"] == operation_id)
    return _validator(json.dumps(operation["requestBody"]["content"]["application/json"]["schema"]))
