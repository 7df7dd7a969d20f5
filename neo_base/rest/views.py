"""The base of every view of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from neo_base.rest.errors import CHALLENGE
from neo_base.rest.languages import API_LANGUAGE, in_english
from neo_base.rest.parsers import StrictJSONParser
from neo_base.rest.problems import exception_handler
from neo_base.rest.renderers import AlwaysJSON, JSONRenderer
from neo_base.rest.request_ids import HEADER, request_id_of
from neo_base.rest.schema import ProblemAutoSchema
from neo_base.rest.serializers import EmptySerializer, StrictSerializer

MEBIBYTE = 2**20


class BaseView(APIView):
    """Strict JSON in, JSON or a problem out, in English, nothing cached.

    Independent of the site's `REST_FRAMEWORK` settings but for authentication and throttling, which are the site's own.
    """

    http_method_names = ["get", "head", "post", "patch", "delete"]
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON
    versioning_class = None
    schema = ProblemAutoSchema()

    max_body_bytes: ClassVar[int] = MEBIBYTE
    query_serializers: ClassVar[Mapping[str, type[StrictSerializer]]] = {}
    """What the query may hold, by method; nothing where a method is not named."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Without the transaction that a site's ATOMIC_REQUESTS puts around each view: actions have their own, what is
        refused is recorded outside of them, and a commit that fails is answered here.
        """
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    @in_english
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def get_authenticate_header(self, request: Request) -> str:
        """Never empty, or DRF would answer 403 to who has not signed in wherever session authentication comes first."""
        return super().get_authenticate_header(request) or CHALLENGE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A method that the address does not take is 405, whatever its query holds.
        if request.method in self.allowed_methods:
            self.query = self.read_query(request.query_params)

    def perform_authentication(self, request: Request) -> None:
        """Also counts the request, before permissions are asked: one that is refused has cost as much as any other."""
        try:
            super().perform_authentication(request)
        finally:
            # Bad credentials count as nobody's, so that they cannot be tried out without end.
            super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Done in `perform_authentication`; DRF would do it after the permissions."""

    def read_query(self, params: QueryDict) -> dict[str, Any]:
        """The validated query parameters; raises ValidationError for an unknown or repeated one."""
        if any(len(values) > 1 for _, values in params.lists()):
            raise ValidationError({"query": ["Give each query parameter once."]})
        serializer = self.query_serializer_for(self.request.method or "")(data=params.dict())
        if not serializer.is_valid():
            errors = dict(serializer.errors)
            unknown = errors.pop(api_settings.NON_FIELD_ERRORS_KEY, None)
            raise ValidationError(errors | ({"query": unknown} if unknown else {}))
        return dict(serializer.validated_data)

    @classmethod
    def query_serializer_for(cls, method: str) -> type[StrictSerializer]:
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
