"""What describes our views in an OpenAPI document, where the site makes one with drf-spectacular.

A site that makes none need not install it, and does not import it, which would take a sixth of the time in which a
small site starts. The decorators then change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from rest_framework.schemas.inspectors import DefaultSchema, ViewInspector

Described = TypeVar("Described")


def makes_documents() -> bool:
    """Return whether the site has installed the app `drf_spectacular`, or takes its schemas by default."""
    default = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_SCHEMA_CLASS", "")
    return any(str(each).partition(".")[0] == "drf_spectacular" for each in (*settings.INSTALLED_APPS, default))


if TYPE_CHECKING or makes_documents():
    from drf_spectacular.utils import (
        PolymorphicProxySerializer,
        extend_schema,
        extend_schema_field,
        extend_schema_serializer,
    )
else:

    def extend_schema(*_: Any, **__: Any) -> Callable[[Described], Described]:
        return lambda described: described

    PolymorphicProxySerializer = extend_schema_field = extend_schema_serializer = extend_schema


def schema_of_views() -> ViewInspector:
    """Return what a view has as its `schema`: ours, or DRF's default, of which nothing is asked."""
    if not makes_documents():
        return DefaultSchema()
    from neo_base.rest.schema import ProblemAutoSchema

    return ProblemAutoSchema()


__all__ = [
    "PolymorphicProxySerializer",
    "extend_schema",
    "extend_schema_field",
    "extend_schema_serializer",
    "makes_documents",
    "schema_of_views",
]
