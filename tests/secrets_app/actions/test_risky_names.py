"""Project secrets with risky names: no task gets them by default until an admin of the project promotes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission as DjangoPermission

from neo_base.access.actors import Actor
from neo_base.access.errors import RoleTooLow
from projects.models import Project
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.actions.secrets import promote_secret, restore_version, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.python_api import secrets_for
from tests.cast import Api, make_secret
from tests.refusals import refusal_of
from tests.secrets_app.task import MakeTask, Task

SECRETS = "/api/v1/secrets"
GRANTS = "/api/v1/task-grants"
EXPLOIT = "--checkpoint=1 --checkpoint-action=exec=./take"
HARMLESS = "--exclude-vcs"

OmittedIn = Callable[[Any], list[tuple[str, str]]]


@pytest.fixture
def ours(project: Project) -> dict[str, Any]:
    """The fields of a default-available secret of the project with a risky name."""
    return {"name": "TAR_OPTIONS", "default_available": True, "project_id": project.id}


@pytest.fixture
def promoted(member: Any, admin: Any, ours: dict[str, Any]) -> Secret:
    """The member's harmless secret with a risky name, after the admin has looked at it."""
    secret = make_secret(member, value=HARMLESS, **ours)
    return promote_secret(actor=Actor.from_user(admin), secret_id=secret.id)


@pytest.fixture
def omitted(project: Project, api: Api) -> OmittedIn:
    """Return a function: what `explain` says is omitted from a default task of this user."""

    def of(user: Any) -> list[tuple[str, str]]:
        answer = api(user).post(f"{GRANTS}/explain", {"project_id": str(project.id)}).json()
        return [(row["name"], row["reason"]) for row in answer["omitted"]]

    return of


def set_value(user: Any, secret: Secret, value: str) -> Secret:
    return update_secret(actor=Actor.from_user(user), secret_id=secret.id, value=Plaintext(value))


class TestMadeByAMember:
    def test_no_task_gets_it_by_default(
        self, member: Any, admin: Any, project: Project, ours: dict[str, Any], make_task: MakeTask, omitted: OmittedIn
    ) -> None:
        make_secret(admin, name="MINE", value="the victim's", default_available=True)
        make_secret(member, value=EXPLOIT, **ours)
        assert make_task(admin, project_id=project.id).environment() == {"MINE": "the victim's"}
        assert make_task(member, project_id=project.id, latest=True).environment() == {}
        assert omitted(admin) == omitted(member) == [("TAR_OPTIONS", "risky_name")]

    def test_over_http_in_a_batch_and_in_the_python_api_alike(
        self, member: Any, project: Project, ours: dict[str, Any], api: Api
    ) -> None:
        item = {**ours, "value": EXPLOIT, "project_id": str(project.id)}
        assert api(member).post(SECRETS, item).status_code == 201
        assert api(member).post(f"{SECRETS}/batch", {"secrets": [{**item, "name": "LD_PRELOAD"}]}).status_code == 201
        secrets_for(member, project=project).create("GIT_PAGER", EXPLOIT, default_available=True)
        assert set(Secret.objects.values_list("name", "quarantine_reason")) == {
            ("TAR_OPTIONS", "risky_name"),
            ("LD_PRELOAD", "risky_name"),
            ("GIT_PAGER", "risky_name"),
        }

    def test_whoever_selects_it_gets_it(
        self, member: Any, admin: Any, project: Project, ours: dict[str, Any], make_task: MakeTask
    ) -> None:
        make_secret(member, value=HARMLESS, **ours)
        for user in (member, admin):
            assert make_task(user, "TAR_OPTIONS", project_id=project.id).environment() == {"TAR_OPTIONS": HARMLESS}

    def test_it_does_not_replace_a_personal_secret_that_is_selected(
        self, member: Any, admin: Any, project: Project, ours: dict[str, Any], make_task: MakeTask
    ) -> None:
        make_secret(admin, name="TAR_OPTIONS", value=HARMLESS)
        make_secret(member, value=EXPLOIT, **ours)
        assert make_task(admin, "TAR_OPTIONS", project_id=project.id).environment() == {"TAR_OPTIONS": HARMLESS}

    def test_the_answer_and_the_audit_event_say_why(self, member: Any, ours: dict[str, Any], api: Api) -> None:
        secret = make_secret(member, value=EXPLOIT, **ours)
        detail = api(member).get(f"{SECRETS}/{secret.id}").json()
        assert (detail["is_quarantined"], detail["quarantine_reason"]) == (True, "risky_name")
        assert AuditEvent.objects.get(event="secret.created").data["quarantine_reason"] == "risky_name"

    def test_other_names_and_personal_secrets_are_given(
        self, member: Any, project: Project, make_task: MakeTask
    ) -> None:
        make_secret(member, name="TAR_KEY", value="shared", default_available=True, project_id=project.id)
        make_secret(member, name="TAR_OPTIONS", value="own", default_available=True)
        values = make_task(member, project_id=project.id).environment()
        assert values == {"TAR_KEY": "shared", "TAR_OPTIONS": "own"}


class TestWhoDecides:
    def test_an_admins_own_is_given_at_once(
        self, admin: Any, member: Any, project: Project, ours: dict[str, Any], make_task: MakeTask
    ) -> None:
        make_secret(admin, value=HARMLESS, **ours)
        assert make_task(member, project_id=project.id).environment() == {"TAR_OPTIONS": HARMLESS}

    def test_an_admins_service_token_does_not_decide(
        self, admin: Any, project: Project, ours: dict[str, Any], api: Api
    ) -> None:
        token = create_token(actor=Actor.from_user(admin), name="CI", scopes=["secrets:write"]).text
        body = {**ours, "value": EXPLOIT, "project_id": str(project.id)}
        assert api(None).post(SECRETS, body, X_Api_Key=token).status_code == 201
        assert Secret.objects.get().quarantine_reason == "risky_name"

    def test_an_operator_decides_with_the_permission_to_change(self, staff: Any, project: Project) -> None:
        add, change = (DjangoPermission.objects.get(codename=f"{verb}_secret") for verb in ("add", "change"))
        for permission, reason in ((add, "risky_name"), (change, "")):
            staff.user_permissions.add(permission)
            operator = Actor.from_staff(type(staff).objects.get(pk=staff.pk))
            name = f"{permission.codename}_OPTIONS".upper()
            draft = Draft(owner=Owner(project_id=project.id), name=name, value=Plaintext(HARMLESS))
            assert create_secret(actor=operator, draft=draft).quarantine_reason == reason

    def test_a_member_cannot_promote_it_and_an_admin_can(
        self, member: Any, admin: Any, project: Project, ours: dict[str, Any], make_task: MakeTask, api: Api
    ) -> None:
        secret = make_secret(member, value=HARMLESS, **ours)
        refused = api(member).post(f"{SECRETS}/{secret.id}/promote")
        assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")
        assert api(admin).post(f"{SECRETS}/{secret.id}/promote").json()["quarantine_reason"] == ""
        assert make_task(member, project_id=project.id).environment() == {"TAR_OPTIONS": HARMLESS}
        assert AuditEvent.objects.filter(event="secret.promoted", actor_id=str(admin.pk)).count() == 1

    def test_a_member_cannot_promote_what_a_task_made_under_such_a_name(
        self, member: Any, admin: Any, project: Project, make_task: MakeTask, settings: Any
    ) -> None:
        for name, has_quarantine, reason in (("A_OPTIONS", True, "agent"), ("B_OPTIONS", False, "risky_name")):
            settings.SECRETS_APP = {**settings.SECRETS_APP, "QUARANTINE_AGENT_SECRETS": has_quarantine}
            task: Task = make_task(admin, project_id=project.id, include_default=False, scopes=["secrets:create"])
            assert task.create(name, EXPLOIT, default_available=True).status_code == 201
            assert task.environment() == {name: EXPLOIT}
            secret = Secret.objects.get(name=name)
            assert secret.quarantine_reason == reason
            assert refusal_of(promote_secret, actor=Actor.from_user(member), secret_id=secret.id) is RoleTooLow
            assert promote_secret(actor=Actor.from_user(admin), secret_id=secret.id).quarantine_reason == ""


class TestChangedByAMember:
    """After the promotion, whoever sets the value or makes it default decides again what runs."""

    def test_a_new_value_needs_a_promotion(
        self, promoted: Secret, member: Any, admin: Any, project: Project, make_task: MakeTask, omitted: OmittedIn
    ) -> None:
        set_value(member, promoted, EXPLOIT)
        assert make_task(admin, project_id=project.id).environment() == {}
        assert omitted(admin) == [("TAR_OPTIONS", "risky_name")]
        assert AuditEvent.objects.get(event="secret.updated").data["quarantine_reason"] == "risky_name"

    def test_a_running_task_gets_the_promoted_value_or_none(
        self, promoted: Secret, member: Any, admin: Any, project: Project, make_task: MakeTask
    ) -> None:
        pinned = make_task(admin, project_id=project.id)
        by_default = make_task(admin, project_id=project.id, latest=True)
        by_name = make_task(admin, "TAR_OPTIONS", project_id=project.id, latest=True)
        set_value(member, promoted, EXPLOIT)
        assert pinned.environment() == {"TAR_OPTIONS": HARMLESS}
        assert (by_default.fetch().status_code, by_default.fetch().json()["code"]) == (409, "secret_gone")
        assert by_name.environment() == {"TAR_OPTIONS": EXPLOIT}

    def test_a_restored_value_needs_a_promotion(self, promoted: Secret, member: Any, admin: Any) -> None:
        set_value(admin, promoted, "--xattrs")
        assert not Secret.objects.get().is_quarantined
        restored = restore_version(actor=Actor.from_user(member), secret_id=promoted.id, version=1)
        assert restored.quarantine_reason == "risky_name"
        assert AuditEvent.objects.get(event="secret.restored").data["quarantine_reason"] == "risky_name"

    def test_making_it_default_needs_a_promotion_and_other_changes_do_not(self, member: Any, promoted: Secret) -> None:
        actor = Actor.from_user(member)
        for changes, reason in (
            ({"description": "x"}, ""),
            ({"default_available": False}, ""),
            ({"default_available": True}, "risky_name"),
        ):
            changed = update_secret(actor=actor, secret_id=promoted.id, changes=changes)
            assert changed.quarantine_reason == reason
        assert changed.promoted_at is None

    def test_an_admins_change_keeps_it_promoted_and_ends_no_quarantine(
        self, admin: Any, member: Any, promoted: Secret
    ) -> None:
        assert set_value(admin, promoted, "--xattrs").quarantine_reason == ""
        set_value(member, promoted, EXPLOIT)
        assert set_value(admin, promoted, HARMLESS).quarantine_reason == "risky_name"
