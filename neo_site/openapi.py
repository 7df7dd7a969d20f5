"""The OpenAPI document, and the interactive page that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.views import BaseView
from neo_site import demo
from neo_site.content_security import HEADER, policy

_making = Lock()


@cache
def document() -> dict[str, Any]:
    """Return the document of this site, which is the same for everyone. Made once per process."""
    # drf-spectacular is not safe in several threads at once.
    with _making:
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    if settings.DEVELOPMENT:
        _point_at_the_demo(schema, demo.ids(settings.DATA_DIR))
    return schema


def _point_at_the_demo(schema: dict[str, Any], ids: Mapping[str, Any]) -> None:
    """Let the examples name what `manage.py demo` has made, so that each of them succeeds as it stands."""
    for operation in (each for methods in schema["paths"].values() for each in methods.values()):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] in ids:
                parameter["example"] = ids[parameter["name"]]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if body := content.get("example"):
            content["example"] = body | {name: ids[name] for name in body.keys() & ids.keys()}


@extend_schema(exclude=True)
class DocumentView(BaseView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        """The OpenAPI 3.1 document."""
        return Response(document())


class PageView(SpectacularSwaggerSplitView):
    """The document as an interactive page; script and style come from this host."""

    http_method_names = ["get", "head"]
    template_name = "neo_site/docs.html"
    url_name = "openapi"
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        # The icons of Swagger's style sheet are `data:` addresses in the sheet.
        response.headers[HEADER] = policy(img_src="'self' data:")
        return response
