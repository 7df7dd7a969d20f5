"""Additions to the OpenAPI document that drf-spectacular cannot derive from the code."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers

from neo_base.rest.cursor_pagination import CursorPage
from neo_base.rest.idempotency import HEADER, MAX_LENGTH, PATTERN
from neo_base.rest.serializers import Page, StrictSerializer


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField(help_text="What happened and what to do, for people.")
    code = serializers.CharField(help_text="The kind of error, for programs.")
    request_id = serializers.CharField(help_text="Also in the X-Request-Id header and in the log.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="With status 400 and some 409: messages by field name. `body` stands for the whole body.",
    )
    error = serializers.CharField(
        required=False, help_text="The same as `code`, where a standard of OAuth names it so."
    )


IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": len('""') + MAX_LENGTH, "pattern": f"^({PATTERN})$"},
    OpenApiParameter.HEADER,
    description="A new key for each request. Sent again with the same one within a day, it gets the first answer.",
)


class ProblemAutoSchema(AutoSchema):
    """A schema that adds to each operation the problems that it can return, and its strict query parameters.

    A view declares further statuses in `problem_statuses = {"POST": [409]}`, and the body of a request that succeeds
    with the demo data in `request_examples = {"POST": {…}}`.
    """

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "query_serializers", {}).get(self.method)
        key = [IDEMPOTENCY_KEY] if self._is_made_once() else []
        return [*super().get_override_parameters(), *([query] if query else []), *key]

    def _is_made_once(self) -> bool:
        return hasattr(getattr(self.view, self.method.lower(), None), "is_made_once")

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        example = getattr(self.view, "request_examples", {}).get(self.method)
        if body and example:
            body["content"]["application/json"]["example"] = example
        return body

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        schema, required = super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        # drf-spectacular treats a body with a choice of serializers as optional.
        return schema, required or isinstance(serializer, PolymorphicProxySerializer)

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            response = OpenApiResponse(Problem, description=HTTPStatus(status).phrase)
            responses[str(status)] = self._get_response_for_code(response, str(status), ["application/problem+json"])  # type: ignore[no-untyped-call]
        return dict(sorted(responses.items()))

    def _problem_statuses(self) -> set[int]:
        statuses = {400, 405, 500, 503}
        if self.get_auth():
            statuses |= {401}
        if self.method in ("POST", "PATCH", "PUT"):
            statuses |= {413, 415}
        if "{" in self.path:
            statuses |= {404}
        if self._is_made_once():
            statuses |= {409, 422}
        return statuses | {429} | set(getattr(self.view, "problem_statuses", {}).get(self.method, ()))


def close_objects(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Forbid undeclared members in every object of the schema: a postprocessing hook for drf-spectacular."""
    for schema in result["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
            for member in schema["properties"].values():
                _join_blank(member)
    for operation in (operation for methods in result["paths"].values() for operation in methods.values()):
        for parameter in operation.get("parameters", ()):
            _join_blank(parameter["schema"])
    return result


def _join_blank(member: dict[str, Any]) -> None:
    """Undo drf-spectacular's split of a text that may be empty into `oneOf` its pattern or empty.

    Our patterns match the empty string, and a value that matches both branches of a `oneOf` is invalid.
    """
    match member.get("oneOf"):
        case [{"type": "string"} as form, {"maxLength": 0}]:
            del member["oneOf"]
            member.update(form)


def describe_defaults(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say in words what a member of a request is when it is left out: a postprocessing hook for drf-spectacular.

    For generators such as openapi-typescript, a member with a `default` is one that every request has to have.
    """
    schemas = result["components"]["schemas"]
    answered = _named_in([operation["responses"] for each in result["paths"].values() for operation in each.values()])
    while found := {name for each in answered for name in _named_in(schemas[each])} - answered:
        answered |= found
    for name in schemas.keys() - answered:
        for member in schemas[name].get("properties", {}).values():
            _describe_default(member)
    return result


def _named_in(part: Any) -> set[str]:
    """Return the names of the components that a part of the document refers to."""
    match part:
        case {"$ref": str(reference)}:
            return {reference.rpartition("/")[2]}
        case dict():
            return {name for each in part.values() for name in _named_in(each)}
        case list():
            return {name for each in part for name in _named_in(each)}
    return set()


def _describe_default(member: dict[str, Any]) -> None:
    default = member.pop("default", None)
    said = member.get("description", "")
    if default not in (None, "") and "Default:" not in said:
        member["description"] = f"{said} Default: `{json.dumps(default)}`.".strip()


def name_choices(**paths: str) -> None:
    """Name sets of choices in the document, unless the site does: two of one field's name would get a warning each.

    `paths` has the dotted paths of the enumerations by the names of their schemas.
    """
    settings: Any = spectacular_settings
    settings.ENUM_NAME_OVERRIDES = {**paths, **settings.ENUM_NAME_OVERRIDES}


def doc_excludes() -> list[type]:
    """Return the base classes whose docstrings are for developers of this code, not for clients of the API."""
    return [*get_lib_doc_excludes(), StrictSerializer, Page, CursorPage]


class TextFieldSchema(OpenApiSerializerFieldExtension):
    """The schema of a `TextField`: a string with its bounds. drf-spectacular adds the pattern of its validator."""

    target_class = "neo_base.rest.fields.TextField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        field = self.target
        bounds = {"minLength": 0 if field.allow_blank else 1, "maxLength": field.max_length}
        return {"type": "string", **{name: bound for name, bound in bounds.items() if bound}}
