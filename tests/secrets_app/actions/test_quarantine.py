"""What a service token can do with a secret in quarantine: look at it. Only people change, delete or promote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from neo_base.access.actors import Actor, Limits
from neo_base.access.errors import ScopeMissing
from projects.models import Project
from secrets_app.actions.secrets import delete_secret, promote_secret, restore_version, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.errors import InQuarantine
from secrets_app.models import HeldName, Secret
from secrets_app.plaintext import Plaintext
from tests.cast import Api, ApiClient, make_secret
from tests.refusals import refusal_of
from tests.secrets_app.audit.refused import only_refused
from tests.secrets_app.task import MakeTask

pytestmark = pytest.mark.usefixtures("each_way")

SECRETS = "/api/v1/secrets"
WRITE = ["secrets:read", "secrets:write"]
REASONS = ["agent", "risky_name"]


@pytest.fixture(params=REASONS)
def held(request: pytest.FixtureRequest, member: Any, project: Project) -> Secret:
    """A secret of the project with two versions, in quarantine for either reason."""
    secret = make_secret(member, project_id=project.id)
    update_secret(actor=Actor.from_user(member), secret_id=secret.id, value=Plaintext("second value"))
    Secret.objects.update(quarantine_reason=request.param)
    return secret


@pytest.fixture
def key(member: Any) -> dict[str, str]:
    """The header of a service token of the member, which may write secrets."""
    return {"X_Api_Key": create_token(actor=Actor.from_user(member), name="agent", scopes=WRITE).text}


CALLS: dict[str, Callable[[ApiClient, Secret, dict[str, str]], Any]] = {
    "value": lambda client, row, key: client.patch(f"{SECRETS}/{row.id}", {"value": "exchanged"}, **key),
    "default": lambda client, row, key: client.patch(f"{SECRETS}/{row.id}", {"default_available": True}, **key),
    "expiry": lambda client, row, key: client.patch(f"{SECRETS}/{row.id}", {"expires_at": None}, **key),
    "restore": lambda client, row, key: client.post(f"{SECRETS}/{row.id}/versions/1/restore", **key),
    "delete": lambda client, row, key: client.delete(f"{SECRETS}/{row.id}", **key),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_service_token_is_refused_and_nothing_changes(call: str, held: Secret, key: dict[str, str], api: Api) -> None:
    before = Secret.objects.values().get()
    answer = CALLS[call](api(None), held, key)
    assert (answer.status_code, answer.json()["code"]) == (403, "in_quarantine")
    assert Secret.objects.values().get() == before


@pytest.mark.parametrize("call", CALLS)
def test_the_same_token_may_do_so_outside_of_quarantine(call: str, held: Secret, key: dict[str, str], api: Api) -> None:
    Secret.objects.update(quarantine_reason="")
    assert CALLS[call](api(None), held, key).status_code in (200, 204)


def test_a_service_token_can_look_at_it(held: Secret, key: dict[str, str], api: Api) -> None:
    detail = api(None).get(f"{SECRETS}/{held.id}", **key).json()
    assert detail["quarantine_reason"] in REASONS


def test_the_actions_refuse_it_whoever_calls_them(held: Secret, member: Any) -> None:
    token = Actor.from_user(member, Limits(frozenset(WRITE)))
    asked = {"actor": token, "secret_id": held.id}
    assert refusal_of(update_secret, **asked, value=Plaintext("exchanged")) is InQuarantine
    assert refusal_of(restore_version, **asked, version=1) is InQuarantine
    assert refusal_of(delete_secret, **asked) is InQuarantine
    assert refusal_of(promote_secret, **asked) is ScopeMissing


@pytest.mark.parametrize("call", CALLS)
def test_a_member_who_signed_in_is_not_refused(call: str, held: Secret, member: Any, api: Api) -> None:
    assert CALLS[call](api(member), held, {}).status_code in (200, 204)


def test_what_a_person_changes_stays_in_an_agents_quarantine(member: Any, make_task: MakeTask) -> None:
    make_task(member, scopes=["secrets:create"]).create("MADE")
    secret = Secret.objects.get()
    update_secret(actor=Actor.from_user(member), secret_id=secret.id, value=Plaintext("looked at"))
    assert Secret.objects.get().quarantine_reason == "agent"


def test_the_name_of_a_secret_in_quarantine_is_taken(held: Secret, key: dict[str, str], api: Api) -> None:
    body = {"name": held.name, "value": "exchanged", "project_id": str(held.project_id), "created_by_agent": True}
    assert api(None).post(SECRETS, body, **key).json()["code"] == "name_taken"


def test_the_refused_attempt_is_in_the_audit_log(held: Secret, key: dict[str, str], api: Api) -> None:
    api(None).delete(f"{SECRETS}/{held.id}", **key)
    row = only_refused()
    assert (row.event, row.subject_label, row.project_id) == ("access.denied", held.name, held.project_id)
    assert (row.data["status"], row.data["code"], row.credential_kind) == (403, "in_quarantine", "service_token")


class TestHeldNames:
    """The name of a secret that a person deleted instead of promoting it."""

    @pytest.fixture(params=["personal", "project"])
    def project_id(self, request: pytest.FixtureRequest, project: Project) -> UUID | None:
        return project.id if request.param == "project" else None

    @pytest.fixture
    def body(self, member: Any, project_id: UUID | None, make_task: MakeTask, api: Api) -> dict[str, Any]:
        """What a service token sends to create such a secret again."""
        make_task(member, project_id=project_id, scopes=["secrets:create"]).create("MADE")
        assert api(member).delete(f"{SECRETS}/{Secret.objects.get().id}").status_code == 204
        return {
            "name": "MADE",
            "value": "made again",
            "default_available": True,
            "created_by_agent": True,
            "project_id": str(project_id) if project_id else None,
        }

    def test_a_service_token_creates_it_in_quarantine_only(
        self, body: dict[str, Any], key: dict[str, str], member: Any, make_task: MakeTask, api: Api
    ) -> None:
        others = [{**body, "name": "OTHER"}, body]
        assert api(None).post(f"{SECRETS}/batch", {"secrets": others}, **key).status_code == 201
        reasons = dict(Secret.objects.values_list("name", "quarantine_reason"))
        assert reasons == {"MADE": "agent", "OTHER": ""}
        project_id = Secret.objects.get(name="MADE").project_id
        for names in ([], ["MADE"]):
            assert "MADE" not in make_task(member, *names, project_id=project_id).environment()

    def test_a_promotion_ends_it(
        self, body: dict[str, Any], key: dict[str, str], member: Any, make_task: MakeTask, api: Api
    ) -> None:
        api(None).post(SECRETS, body, **key)
        secret = Secret.objects.get()
        promoted = api(member).post(f"{SECRETS}/{secret.id}/promote").json()
        assert (promoted["is_quarantined"], HeldName.objects.count()) == (False, 0)
        assert make_task(member, project_id=secret.project_id).environment() == {"MADE": "made again"}
        assert api(None).delete(f"{SECRETS}/{secret.id}", **key).status_code == 204
        api(None).post(SECRETS, body, **key)
        assert Secret.objects.get().quarantine_reason == ""

    def test_a_person_creates_it_as_any_other(self, body: dict[str, Any], member: Any, api: Api) -> None:
        assert api(member).post(SECRETS, body).status_code == 201
        assert Secret.objects.get().quarantine_reason == ""

    def test_another_owners_name_is_free(
        self, body: dict[str, Any], key: dict[str, str], member: Any, project: Project, api: Api
    ) -> None:
        other = None if body["project_id"] else str(project.id)
        assert api(None).post(SECRETS, {**body, "project_id": other}, **key).status_code == 201
        assert Secret.objects.get().quarantine_reason == ""

    def test_without_quarantine_nothing_is_held(
        self, body: dict[str, Any], key: dict[str, str], settings: Any, api: Api
    ) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, "QUARANTINE_AGENT_SECRETS": False}
        api(None).post(SECRETS, body, **key)
        assert Secret.objects.get().quarantine_reason == ""

    def test_deleting_it_again_holds_the_name_once(
        self, body: dict[str, Any], key: dict[str, str], member: Any, api: Api
    ) -> None:
        api(None).post(SECRETS, body, **key)
        api(member).delete(f"{SECRETS}/{Secret.objects.get().id}")
        assert [row.name for row in HeldName.objects.all()] == ["MADE"]


def test_a_deleted_secret_outside_of_quarantine_holds_no_name(held: Secret, member: Any) -> None:
    Secret.objects.update(quarantine_reason="")
    delete_secret(actor=Actor.from_user(member), secret_id=held.id)
    assert not HeldName.objects.exists()
