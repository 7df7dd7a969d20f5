"""Adding a secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import make_secret
from tests.contract import stored_value
from tests.neo_pages.conftest import SignedIn

pytestmark = pytest.mark.once

NEW = reverse("neo_pages:secret_new")


def test_a_secret_is_stored_as_typed(member: Any, project: Project, signed_in: SignedIn) -> None:
    form = {
        "name": "dbPassword",
        "value": " two lines,\r\nkept \r\n",
        "default_available": "on",
        "description": "CI",
    }
    answer = signed_in(member).post(f"{NEW}?project={project.pk}", form, follow=True)
    assert "DB_PASSWORD is stored." in answer.content.decode()
    secret = Secret.objects.get()
    assert (secret.project, secret.default_available, secret.description) == (project, True, "CI")
    assert stored_value(secret.pk) == " two lines,\nkept \n"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "TAKEN"}, "This owner already has a secret with this name."),
        ({"name": "-"}, "Use at least one letter A to Z or digit."),
        ({"name": "N" * 129}, "at most 128 characters"),
        ({"expires_at": "soon"}, "Enter a valid date/time."),
        ({"description": "x" * 501}, "at most 500 characters"),
    ],
)
def test_a_form_that_fails_asks_for_the_value_again(
    wrong: dict[str, str], said: str, member: Any, signed_in: SignedIn
) -> None:
    make_secret(member, name="TAKEN")
    page = signed_in(member).post(NEW, {"name": "GOOD", "value": "do-not-keep-me", **wrong}).content.decode()
    assert said in page
    assert "Enter the value again" in page
    assert "do-not-keep-me" not in page
    assert Secret.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "said"), [("", "This field is required."), ("x" * 10_001, "at most 10000 characters")]
)
def test_a_value_that_cannot_be_stored_is_told(value: str, said: str, member: Any, signed_in: SignedIn) -> None:
    page = signed_in(member).post(NEW, {"name": "GOOD", "value": value}).content.decode()
    assert said in page
    assert "x" * 100 not in page
    assert Secret.objects.count() == 0


@pytest.mark.parametrize(
    ("person", "status"), [("viewer", 403), ("stranger", 404), ("exmember", 404), ("superuser", 404)]
)
@pytest.mark.parametrize("name", ["secret_new", "secret_import"])
def test_whoever_may_not_add_to_a_project_adds_nothing(
    name: str, person: str, status: int, project: Project, signed_in: SignedIn, request: pytest.FixtureRequest
) -> None:
    where = f"{reverse(f'neo_pages:{name}')}?project={project.pk}"
    form = {"name": "A", "value": "x", "text": "A=x", "on_conflict": "refuse"}
    assert signed_in(request.getfixturevalue(person)).post(where, form).status_code == status
    assert Secret.objects.count() == 0


@pytest.mark.parametrize("project", ["x", str(UUID(int=1)), "0", "\0"])
def test_a_project_that_does_not_exist_is_404(project: str, member: Any, signed_in: SignedIn) -> None:
    assert signed_in(member).get(NEW, {"project": project}).status_code == 404
