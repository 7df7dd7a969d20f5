"""The base class of every view of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from neo_base.rest.authentication import accepted_credentials
from neo_base.rest.documentation import schema_of_views
from neo_base.rest.errors import CHALLENGE, UnexpectedBody
from neo_base.rest.languages import API_LANGUAGE, in_english
from neo_base.rest.parsers import StrictJSONParser
from neo_base.rest.problems import exception_handler
from neo_base.rest.renderers import AlwaysJSON, JSONRenderer
from neo_base.rest.request_ids import HEADER, request_id_of
from neo_base.rest.serializers import EmptySerializer, StrictSerializer

MEBIBYTE = 2**20
WITH_BODY = ("POST", "PATCH")


class BaseView(APIView):
    """A view that takes strict JSON and returns JSON or a problem document, in English and never cached.

    Of the site's `REST_FRAMEWORK` settings, only those for throttling apply, and those for authentication where no app
    of ours sets other classes.
    """

    http_method_names = ["get", "head", "post", "patch", "delete"]
    authentication_classes: Any = accepted_credentials
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON
    versioning_class = None
    schema = schema_of_views()

    max_body_bytes: ClassVar[int] = MEBIBYTE
    """The largest accepted body, in bytes."""
    query_serializers: ClassVar[Mapping[str, type[StrictSerializer]]] = {}
    """The serializer of the query parameters by method. A method that is not listed takes none."""
    request_examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By method, a body that the API page offers to send. It succeeds with the demo data."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, exempt from the transaction that a site's ATOMIC_REQUESTS puts around each view.

        Actions have transactions of their own, refused attempts are recorded outside of those, and the exception
        handler must see a commit that fails.
        """
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    @in_english
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge. It is never empty, or DRF would answer 403 where session authentication comes first."""
        return super().get_authenticate_header(request) or CHALLENGE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # An unsupported method is 405, even if the query is invalid or there is a body.
        if request.method in self.allowed_methods:
            if request.method not in WITH_BODY and request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
                raise UnexpectedBody()
            self.query = self.read_query(request.query_params)

    def perform_authentication(self, request: Request) -> None:
        """Authenticate, then throttle: before permissions are checked, since a refused request costs as much as any."""
        try:
            super().perform_authentication(request)
        finally:
            # Requests with bad credentials count as anonymous, so that nobody can guess credentials without limit.
            super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Do nothing: `perform_authentication` throttles. DRF would do it after the permissions."""

    def read_query(self, params: QueryDict) -> dict[str, Any]:
        """Return the validated query parameters. Raises ValidationError for an unknown or repeated one."""
        serializer = self.query_serializer_for(self.request.method or "")
        if not params and serializer is EmptySerializer:
            return {}
        if any(len(values) > 1 for _, values in params.lists()):
            raise ValidationError({"query": ["Give each query parameter once."]})
        try:
            return serializer.validated(params.dict())
        except ValidationError as error:
            errors = dict(cast(dict[str, Any], error.detail))
        unknown = errors.pop(api_settings.NON_FIELD_ERRORS_KEY, None)
        raise ValidationError(errors | ({"query": unknown} if unknown else {}))

    @classmethod
    def query_serializer_for(cls, method: str) -> type[StrictSerializer]:
        """Return the serializer class of the query parameters for `method`, HEAD counting as GET."""
        return cls.query_serializers.get("GET" if method == "HEAD" else method, EmptySerializer)

    def get_exception_handler(self) -> Any:
        return exception_handler

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        answer["Content-Language"] = API_LANGUAGE
        answer["X-Content-Type-Options"] = "nosniff"
        answer[HEADER] = request_id_of(request)
        return answer
