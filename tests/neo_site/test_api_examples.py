"""Each example of the API page, sent as it stands to a site with fresh demo data."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import override_settings

from neo_base.access.actors import Origin
from neo_site import demo
from neo_site.openapi import document
from neo_site.signin.actions import sign_in
from neo_site.signin.devices.actions import answer, ask
from secrets_app import __version__
from tests.cast import ApiClient, make_invitation, make_project
from tests.openapi import plain_document

pytestmark = pytest.mark.once

OPERATIONS = {
    operation["operationId"]: (method, path)
    for path, methods in plain_document()["paths"].items()
    for method, operation in methods.items()
}
# No document holds a credential, so its examples have one of nobody in its place. The test puts in that of the demo.
CREDENTIALS = {
    "signIn": ["password"],
    "refreshToken": ["refresh"],
    "revokeToken": ["refresh"],
    "fetchSession": ["device_code"],
    "changePassword": ["current_password"],
    "acceptInvitation": ["token"],
    "declineInvitation": ["token"],
}
OF_TASKS = ("openEnvironment", "createTaskSecret")


@pytest.fixture(scope="module")
def directory(kept_for_the_module: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a development site in which `manage.py demo` has just been run."""
    folder = tmp_path_factory.mktemp("demo")
    with override_settings(DATA_DIR=folder, DEVELOPMENT=True):
        call_command("demo", stdout=io.StringIO())
    return folder


@pytest.fixture(scope="module")
def served(directory: Path) -> dict[str, Any]:
    """The document that this development site serves."""
    with override_settings(DATA_DIR=directory, DEVELOPMENT=True):
        return document.__wrapped__()


def example_of(served: dict[str, Any], operation: str) -> tuple[str, dict[str, Any] | None]:
    """Return the address of an operation with the examples of its parameters, and the example of its body."""
    method, path = OPERATIONS[operation]
    described = served["paths"][path][method]
    for parameter in described.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    return path, described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def credential(member: str, admin: Any, password: str) -> str:
    """Return a credential of the demo: what a reader has who has begun as the page says."""
    made = {
        "refresh": lambda: sign_in(user=admin).refresh,
        "device_code": lambda: approved_device_code(admin),
        "token": lambda: make_invitation(stranger(), make_project(stranger()), admin.email).token,
    }
    return str(made.get(member, lambda: password)())


def approved_device_code(user: Any) -> str:
    waiting = ask(device_code="approved", user_code="approved", client="neo", origin=Origin())
    assert answer(waiting=waiting, user=user, is_approved=True)
    return "approved"


def stranger() -> Any:
    return get_user_model()._default_manager.get(username="stranger")


@pytest.mark.django_db
@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_example_succeeds_with_the_demo_data(operation: str, served: dict[str, Any], directory: Path) -> None:
    admin = get_user_model()._default_manager.get(username="admin")
    path, body = example_of(served, operation)
    password = demo.read(directory)["passwords"][(body or {}).get("username", "admin")]
    filled_in = {member: credential(member, admin, password) for member in CREDENTIALS.get(operation, [])}
    session = ApiClient(admin)
    task = ApiClient(bearer=session.post("/api/v1/task-grants", {"scopes": ["secrets:create"]}).json()["token"])
    client = {True: task, False: session}[operation in OF_TASKS]
    answer = client.request(OPERATIONS[operation][0].upper(), path, body and {**body, **filled_in})
    assert answer.status_code // 100 == 2, answer.content


def test_every_body_has_an_example_and_only_credentials_are_filled_in(served: dict[str, Any]) -> None:
    bodies = {name: example_of(served, name)[1] for name in OPERATIONS}
    with_body = {name for name, (method, path) in OPERATIONS.items() if "requestBody" in served["paths"][path][method]}
    assert {name for name, body in bodies.items() if body} == with_body
    assert {name: sorted(set(CREDENTIALS.get(name, [])) - (bodies[name] or {}).keys()) for name in CREDENTIALS} == {
        name: [] for name in CREDENTIALS
    }


def test_no_credential_of_the_demo_is_in_the_document(served: dict[str, Any], directory: Path) -> None:
    text = json.dumps(served)
    assert [each for each in demo.read(directory)["passwords"].values() if each in text] == []


def test_in_production_the_examples_name_nothing_of_the_site(directory: Path) -> None:
    with override_settings(DATA_DIR=directory, DEVELOPMENT=False):
        text = json.dumps(document.__wrapped__())
    assert demo.ids(directory)
    assert [each for each in demo.ids(directory).values() if str(each) in text and len(str(each)) == 36] == []


def test_the_groups_come_in_the_order_of_need_each_with_a_sentence() -> None:
    groups = plain_document()["tags"]
    used = {tag for methods in plain_document()["paths"].values() for each in methods.values() for tag in each["tags"]}
    assert {group["name"] for group in groups} == used
    assert [group["name"] for group in groups][:2] == ["Sign-in", "Secrets"]
    assert all(group["description"].endswith(".") for group in groups)


def test_each_credential_says_what_it_is_for() -> None:
    schemes = plain_document()["components"]["securitySchemes"].values()
    assert all(scheme["description"].endswith(".") for scheme in schemes)


def test_the_version_is_that_of_the_package() -> None:
    assert plain_document()["info"]["version"] == __version__


def test_a_demo_of_an_earlier_release_has_no_ids(tmp_path: Path) -> None:
    demo.keep(tmp_path, {"passwords": {}, "project": ""})
    assert demo.ids(tmp_path) == {}
