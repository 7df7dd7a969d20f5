"""Service tokens in views of a host site: only where a scope is named, and then within that scope."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import create_token
from secrets_app.api.authentication import ServiceTokenAuthentication, TaskTokenAuthentication
from secrets_app.api.permissions import HasScope
from secrets_app.models import ServiceToken
from secrets_app.python_api import secrets_for
from tests.cast import make_project

READ: Any = HasScope("secrets:read")


class HostView(APIView):
    authentication_classes: Any = [ServiceTokenAuthentication, SessionAuthentication]
    permission_classes: Any = [AllowAny]

    def get(self, request: Request, **_: Any) -> Response:
        return Response({"user": str(request.user), "by_token": isinstance(request.auth, ServiceToken)})


class ByKey(BaseAuthentication):
    """The host's own X-Api-Key."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        from django.contrib.auth import get_user_model

        user = get_user_model().objects.first()
        return (user, "host") if request.headers.get("X-Api-Key") == "of the host" and user else None


def token_of(user: Any, *scopes: str, **columns: Any) -> str:
    return create_token(actor=Actor.from_user(user), name="CI", scopes=scopes, **columns).text


def get(*permissions: Any, headers: dict[str, str], kwargs: dict[str, Any] | None = None, **changes: Any) -> Any:
    view = HostView.as_view(permission_classes=list(permissions), **changes)
    return view(APIRequestFactory().get("/", headers=headers), **(kwargs or {}))


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize(
    "permissions",
    [
        [READ],
        [IsAuthenticated, READ],
        [IsAuthenticated & READ],
        [READ & IsAuthenticated],
        [READ | HasScope("secrets:write")],
    ],
)
def test_token_enters_a_view_that_names_its_scope(permissions: list[Any], member: Any) -> None:
    answer = get(*permissions, headers=bearer(token_of(member, "secrets:read")))
    assert (answer.status_code, answer.data) == (200, {"user": str(member), "by_token": True})


@pytest.mark.parametrize("permissions", [[AllowAny], [~READ], [READ | AllowAny], []])
def test_token_is_nobody_where_a_request_can_pass_without_a_scope(permissions: list[Any], member: Any) -> None:
    answer = get(*permissions, headers=bearer(token_of(member, "secrets:read")))
    assert answer.data.get("by_token") in (False, None)
    assert ServiceToken.objects.get().last_used_at is None


@pytest.mark.parametrize("permissions", [[IsAuthenticated], [IsAdminUser], [READ | IsAdminUser]])
@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_token_of_a_superuser_is_refused_as_nobody_is(permissions: list[Any], header: str, admin: Any) -> None:
    admin.is_staff = admin.is_superuser = True
    admin.save()
    text = token_of(admin, "secrets:read")
    answer = get(*permissions, headers={header: f"Bearer {text}" if header == "Authorization" else text})
    nobody = get(*permissions, headers={})
    assert (answer.status_code, answer.data, answer.headers) == (nobody.status_code, nobody.data, nobody.headers)
    assert answer.status_code == 403


def test_invalid_token_and_two_credentials_are_nobody_where_no_scope_is_named(db: None) -> None:
    for headers in ({"X-Api-Key": "neo_sk_wrong"}, {"X-Api-Key": "neo_sk_wrong", "Authorization": "Basic eDp5"}):
        assert get(IsAuthenticated, headers=headers).status_code == 403
        assert get(READ, headers=headers).status_code == 401


def test_token_without_the_scope_gets_403(member: Any) -> None:
    answer = get(READ, headers=bearer(token_of(member, "secrets:write")))
    assert (answer.status_code, answer.data["detail"].code) == (403, "scope_missing")


def test_nobody_passes_a_scope(db: None) -> None:
    assert get(READ, headers={}).status_code == 401


def test_token_of_one_project_passes_only_where_the_view_names_that_project(member: Any) -> None:
    project, other = make_project(member), make_project(member)
    headers = bearer(token_of(member, "secrets:read", project_id=project.pk))
    of_key = HasScope("secrets:read", project="key")
    assert get(READ, headers=headers, kwargs={"key": project.pk}).status_code == 403
    assert get(of_key, headers=headers).status_code == 403
    assert get(of_key, headers=headers, kwargs={"key": other.pk}).status_code == 403
    assert get(of_key, headers=headers, kwargs={"key": project.pk}).status_code == 200
    assert get(of_key, headers=headers, kwargs={"key": str(project.pk)}).status_code == 200


@pytest.mark.parametrize("scope", ["", "secret:read", "task:environment"])
def test_scope_that_no_service_token_has_is_refused_when_the_view_is_written(scope: str) -> None:
    with pytest.raises(ValueError, match="Choose from: secrets:read"):
        HasScope(scope)


def test_permissions_that_depend_on_who_asks_name_no_scope(member: Any) -> None:
    class Choosing(HostView):
        def get_permissions(self) -> list[BasePermission]:
            return [] if self.request.user.is_authenticated else [READ]

    request = APIRequestFactory().get("/", headers=bearer(token_of(member, "secrets:read")))
    assert Choosing.as_view()(request).status_code in (401, 403)
    assert ServiceToken.objects.get().last_used_at is None


def test_request_without_a_drf_view_names_no_scope(member: Any) -> None:
    request: Any = APIRequestFactory().get("/", headers=bearer(token_of(member, "secrets:read")))
    assert ServiceTokenAuthentication().authenticate(request) is None
    assert TaskTokenAuthentication().authenticate(request) is None


def test_task_token_is_nobody_where_no_scope_is_named(member: Any) -> None:
    token = secrets_for(member).grant().text
    classes = [TaskTokenAuthentication]
    assert get(AllowAny, headers=bearer(token), authentication_classes=classes).data["user"] == "AnonymousUser"


def test_api_key_of_the_host_stays_the_hosts(member: Any) -> None:
    classes = [ServiceTokenAuthentication, ByKey]
    answer = get(READ, headers={"X-Api-Key": "of the host"}, authentication_classes=classes)
    assert answer.data == {"user": str(member), "by_token": False}


def test_token_works_beside_an_api_key_of_the_host(member: Any) -> None:
    headers = {"X-Api-Key": "of the host", **bearer(token_of(member, "secrets:read"))}
    assert get(READ, headers=headers).data["by_token"] is True
