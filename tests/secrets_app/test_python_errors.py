"""The errors of the Python API, where a site meets them: plain views, forms, DRF views, task queues, coroutines."""

from __future__ import annotations

import pickle
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import path
from rest_framework import exceptions
from rest_framework.views import APIView

from projects.models import Project
from secrets_app import errors as http
from secrets_app import python_api
from secrets_app.models import AuditEvent
from secrets_app.python_api import (
    InsideTransaction,
    InvalidInput,
    NameTaken,
    NoSuchSecret,
    NotAMember,
    NotSignedIn,
    SecretsError,
    asecrets_for,
    secrets_for,
)
from tests.cast import CANARY

pytestmark = pytest.mark.once

OWN = [each for each in vars(python_api).values() if isinstance(each, type) and issubclass(each, SecretsError)]


@pytest.fixture
def serve(settings: Any, member: Any) -> Any:
    """Return a function that answers a request of the member by a view of the host's, without our middleware."""

    def answer(view: Any, client: Any = None) -> Any:
        settings.MIDDLEWARE, settings.TEMPLATES = [], []
        settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": [path("asked", view)]})
        return (client or Client(raise_request_exception=False)).get("/asked")

    return answer


def raised(kind: type[SecretsError], function: Any, *args: Any, **kwargs: Any) -> SecretsError:
    with pytest.raises(kind) as refused:
        function(*args, **kwargs)
    assert type(refused.value) is kind
    return refused.value


def test_a_plain_view_answers_404_and_403_without_catching(serve: Any, member: Any) -> None:
    def missing(request: HttpRequest) -> HttpResponse:
        return HttpResponse(secrets_for(member).get("MISSING"))

    def foreign(request: HttpRequest) -> HttpResponse:
        return HttpResponse(secrets_for(member, project=uuid4()).list())

    assert [serve(view).status_code for view in (missing, foreign)] == [404, 403]


def test_a_form_collects_what_is_wrong_by_field(member: Any) -> None:
    class SecretForm(forms.Form):
        name = forms.CharField()
        value = forms.CharField()

        def clean(self) -> None:
            secrets_for(member).create(self.cleaned_data["name"], self.cleaned_data["value"])

    form = SecretForm({"name": "lower case", "value": CANARY})
    assert not form.is_valid()
    assert form.errors == {"name": ["Use upper-case letters A to Z, digits and underscores, beginning with a letter."]}
    assert SecretForm({"name": "TOKEN", "value": CANARY}).is_valid()


def test_a_drf_view_answers_with_the_status_of_the_http_api(serve: Any, member: Any) -> None:
    secrets_for(member).create("TOKEN", CANARY)

    class Create(APIView):
        authentication_classes = permission_classes = ()

        def get(self, request: Any) -> Any:
            return secrets_for(member).create("TOKEN", CANARY)

    assert serve(Create.as_view()).status_code == 409


def test_errors_say_what_to_do_and_quote_no_value(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY)
    taken = raised(NameTaken, mine.create, "TOKEN", CANARY)
    assert (str(taken), taken.code) == (str(http.NameTaken.default_detail), "name_taken")
    invalid = raised(InvalidInput, mine.create, CANARY.lower(), CANARY)
    assert (invalid.code, list(invalid.message_dict)) == ("invalid", ["name"])  # type: ignore[attr-defined]
    for error in (taken, invalid):
        assert CANARY.lower() not in f"{error} {error!r} {error.args}".lower()


def test_the_errors_of_the_http_api_can_be_caught_as_well(member: Any) -> None:
    with pytest.raises(http.NoSuchSecret):
        secrets_for(member).get("MISSING")
    with pytest.raises(exceptions.ValidationError):
        secrets_for(member).create("lower", CANARY)


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_a_task_queue_hands_an_error_on(kind: type[SecretsError]) -> None:
    error = kind._with({"detail": "What to do."}, "What to do.")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, again.__dict__) == (kind, error.args, error.__dict__)


def test_an_error_without_a_class_here_is_one_of_ours() -> None:
    assert type(SecretsError.of(exceptions.Throttled(3))) is python_api.OtherError
    assert type(SecretsError.of(http.StoredTooMuch(3.0))) is python_api.StoredTooMuch
    unnamed = SecretsError.of(exceptions.ValidationError(["Wrong."]))
    assert unnamed.message_dict == {NON_FIELD_ERRORS: ["Wrong."]}  # type: ignore[attr-defined]


@pytest.mark.parametrize("project", [7, "alpha", object()])
def test_what_is_no_project_is_invalid_input(project: Any, member: Any) -> None:
    error = raised(InvalidInput, secrets_for, member, project=project)
    assert error.message_dict == {"project": ["Must be a Project or its UUID."]}  # type: ignore[attr-defined]


def test_an_inactive_user_is_not_signed_in(member: Any) -> None:
    member.is_active = False
    assert "Pass a user who can sign in." in str(raised(NotSignedIn, secrets_for, member))


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_an_environment_says_what_to_do(member: Any) -> None:
    secrets_for(member).create("TOKEN", CANARY, default_available=True)
    before = AuditEvent.objects.count()
    with transaction.atomic():
        error = raised(InsideTransaction, secrets_for(member).environment)
    assert "non_atomic_requests" in str(error)
    assert isinstance(error, RuntimeError)
    assert AuditEvent.objects.count() == before
    assert secrets_for(member).environment().reveal() == {"TOKEN": CANARY}


@pytest.mark.django_db(transaction=True)
def test_coroutines_do_the_same_under_asgi(serve: Any, member: Any, project: Project) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        theirs = asecrets_for(member, project=project)
        made = await theirs.create("TOKEN", CANARY, default_available=True)
        assert await theirs.get("TOKEN") == made == (await theirs.list())[0]
        await theirs.update("TOKEN", description="Changed")
        await theirs.rename("TOKEN", "RENAMED")
        moved = await theirs.move("RENAMED")
        mine = asecrets_for(member)
        environment = await mine.environment()
        granted = await mine.grant()
        await mine.delete("RENAMED")
        said = [moved.project_id, environment.reveal(), granted.row.task_id]
        with pytest.raises(NoSuchSecret):
            await mine.promote("RENAMED")
        with pytest.raises(NotAMember):
            await asecrets_for(member, project=uuid4()).list()
        return HttpResponse(repr(said))

    def under_asgi(client: AsyncClient) -> Any:
        return async_to_sync(client.get)("/asked")

    answer = serve(view, type("Asgi", (), {"get": staticmethod(lambda _: under_asgi(AsyncClient()))}))
    assert answer.text == repr([None, {"RENAMED": CANARY}, ""])
