"""The conformance case of a site's views fails where a service token opens one, and passes as the README wires it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.urls import clear_url_caches, include, path, re_path
from rest_framework.authentication import BaseAuthentication, BasicAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from neo_base.access.actors import Actor
from projects.testing import ProjectsTenancy
from secrets_app.actions.tokens import create_token
from secrets_app.api import authentication
from secrets_app.api.authentication import ServiceTokenAuthentication
from secrets_app.api.permissions import HasScope
from secrets_app.models import ServiceToken
from secrets_app.testing import conformance
from secrets_app.testing.host_views import endpoints

pytestmark = pytest.mark.django_db


class HostView(APIView):
    """What all views of the host have from its REST_FRAMEWORK."""

    authentication_classes: Any = [SessionAuthentication]
    permission_classes: Any = [IsAuthenticated]


class UserView(HostView):
    """The view of the attack: whoever is staff changes a user."""

    permission_classes = [IsAdminUser]

    def post(self, request: Request, key: int) -> Response:
        get_user_model().objects.update(first_name="changed")
        return Response({"by": request.user.pk, "changed": key})


class PublicView(HostView):
    permission_classes = [AllowAny]

    def get(self, request: Request, **_: Any) -> Response:
        return Response({"user": str(request.user)})


class Things(ViewSet):
    authentication_classes: Any = [SessionAuthentication]
    permission_classes = [IsAuthenticated]

    def list(self, request: Request) -> Response:
        return Response([])

    def destroy(self, request: Request, pk: str) -> Response:
        return Response(status=204)


class MachineView(HostView):
    """A view of the host that is to take service tokens."""

    authentication_classes = [ServiceTokenAuthentication, SessionAuthentication]
    permission_classes = [HasScope("secrets:read")]

    def get(self, request: Request) -> Response:
        return Response({"user": str(request.user)})


def page(request: Any) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("page", page),
    path("users/<int:key>", UserView.as_view()),
    path(
        "nested/", include([path("public", PublicView.as_view()), re_path(r"^(?P<name>\w+)\.x$", PublicView.as_view())])
    ),
    path("things/", Things.as_view({"get": "list"})),
    path("things/<str:pk>", Things.as_view({"delete": "destroy"})),
    path("machine", MachineView.as_view()),
    path("vault/", include("secrets_app.api.urls")),
]
HEADERS = ["Authorization", "X-Api-Key"]
WITH_OURS = [ServiceTokenAuthentication, SessionAuthentication]


@pytest.fixture(autouse=True)
def host(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def conform(header: str, **url_values: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        conformance.test_a_service_token_counts_only_in_views_that_name_a_scope(
            header, ProjectsTenancy(), url_values, patch, None
        )


def wire_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put our class into the defaults of the host's views."""
    for view in (HostView, UserView, PublicView, Things):
        monkeypatch.setattr(view, "authentication_classes", WITH_OURS)


def test_every_view_is_asked_by_each_of_its_methods() -> None:
    asked = {(endpoint.path({}), method) for endpoint in endpoints() for method in endpoint.methods}
    assert {("/users/1", "POST"), ("/nested/public", "GET"), ("/things/", "GET"), ("/machine", "GET")} <= asked
    assert {method for where, method in asked if str(where).startswith("/things/")} == {"GET", "DELETE"}
    assert {("/vault/secrets", "GET"), ("/vault/secrets", "POST"), ("/vault/secrets/", "GET")} <= asked
    assert ("/page", "GET") not in asked


@pytest.mark.parametrize("header", HEADERS)
def test_host_that_leaves_its_defaults_alone_conforms(header: str) -> None:
    conform(header)


@pytest.mark.parametrize("header", HEADERS)
def test_host_with_our_class_in_its_defaults_does_not_conform(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire_as_before(monkeypatch)
    with pytest.raises(AssertionError, match=r"POST \S+UserView at users/.*: 403, with a service token 403"):
        conform(header)


@pytest.mark.parametrize("header", HEADERS)
def test_token_that_opens_a_view_does_not_conform(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire_as_before(monkeypatch)
    # The class as it was: it signed in everywhere.
    monkeypatch.setattr(authentication, "_takes_tokens", lambda _: True)
    with pytest.raises(AssertionError, match=r"POST \S+UserView at .*, with a service token 200"):
        conform(header)


def test_own_class_that_takes_our_tokens_does_not_conform(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lenient(BaseAuthentication):
        def authenticate(self, request: Request) -> tuple[Any, None] | None:
            token = ServiceToken.objects.first()
            return (token.user, None) if "Authorization" in request.headers and token else None

    monkeypatch.setattr(UserView, "authentication_classes", [Lenient])
    with pytest.raises(AssertionError, match=r"UserView at .*, with a service token 200"):
        conform("Authorization")


@pytest.fixture
def address_of_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "urlpatterns", [*urlpatterns, re_path(r"^y(?P<year>20\d\d)$", PublicView.as_view())])
    clear_url_caches()


@pytest.mark.usefixtures("address_of_a_year")
def test_address_that_takes_no_made_up_argument_is_named() -> None:
    with pytest.raises(LookupError, match=r"year.*neo_url_values"):
        conform("Authorization")


@pytest.mark.usefixtures("address_of_a_year")
def test_suffixes_of_a_router_are_asked_with_a_format(monkeypatch: pytest.MonkeyPatch) -> None:
    router = DefaultRouter()
    router.register("robots", Things, basename="robot")
    monkeypatch.setitem(globals(), "urlpatterns", [path("api/", include(router.urls))])
    clear_url_caches()
    asked = {endpoint.path({}) for endpoint in endpoints()}
    assert {"/api/.json", "/api/robots.json", "/api/robots/"} <= asked


def test_address_is_asked_with_the_values_that_the_site_gives() -> None:
    conform("Authorization", year="2026")


OWN = {"sessions": [SessionAuthentication], "passwords": [BasicAuthentication]}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
@pytest.mark.parametrize("where", ["/users/1", "/things/", "/nested/public"])
def test_answers_of_the_host_are_the_same_before_and_after(
    own: list[Any], where: str, client: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"]).text
    method = "POST" if where == "/users/1" else "GET"

    def answers(classes: list[Any]) -> list[Any]:
        for view in (UserView, PublicView, Things):
            monkeypatch.setattr(view, "authentication_classes", classes)
        sent = [{}, {"X-Api-Key": "the host's own"}, {"X-Api-Key": token}, {"Authorization": f"Bearer {token}"}]
        found = [client.generic(method, where, headers=headers) for headers in sent]
        return [(each.status_code, each.headers.get("WWW-Authenticate"), each.content) for each in found]

    before = answers(own)
    assert len(set(before)) == 1
    assert answers(own) == answers([ServiceTokenAuthentication, *own]) == before
