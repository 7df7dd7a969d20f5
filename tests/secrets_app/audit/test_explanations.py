"""What gives access is explained by audit events; what somebody wrote into the database is not.

Each forgery writes rows as a writer to the database does, past the actions. Each honest history goes through them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import UNKNOWN_ORIGIN, Actor
from neo_base.access.roles import Role
from neo_base.audit.entitlements import entitlement_kinds
from neo_site.signin.actions import sign_in, sign_out
from neo_site.signin.models import Session
from projects.actions import (
    change_role,
    create_project,
    delete_project,
    remove_member,
    transfer_project,
    update_project,
)
from projects.conf import conf as projects_conf
from projects.invitation_actions import accept_invitation, decline_invitation, revoke_invitation
from projects.models import Invitation, Membership, Project
from secrets_app.actions.creation import Draft
from secrets_app.actions.grants import GrantRequest, create_grant, revoke_grant
from secrets_app.actions.secrets import delete_secret
from secrets_app.actions.task_secrets import create_task_secret
from secrets_app.actions.tokens import create_token, revoke_token
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.audit.explanations import explain, is_emptied
from secrets_app.models import AuditBlock, AuditEvent, GrantedSecret, Secret, ServiceToken, TaskGrant
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.tasks.selection import SelectedName
from tests.cast import make_invitation, make_project, make_secret, make_user
from tests.secrets_app.task import swap

UNKNOWN = "no audit event explains it"
ENDED = "according to the audit log it has ended"
OTHERWISE = "its terms are not those of the audit log"


class Stage:
    """A project with members, and one of each credential."""

    def __init__(self) -> None:
        self.admin, self.member, self.stranger = make_user("admin"), make_user("member"), make_user("stranger")
        self.by_admin, self.by_member = Actor.from_user(self.admin), Actor.from_user(self.member)
        self.project: Project = make_project(self.admin, member=Role.MEMBER)
        self.secret = make_secret(self.member, project_id=self.project.id)
        self.personal = make_secret(self.stranger, name="PERSONAL")
        self.token = create_token(actor=self.by_member, name="deploy", scopes=["secrets:read"]).row
        request = GrantRequest(
            project_id=self.project.id, secrets=[SelectedName("TOKEN")], scopes=["secrets:create"], max_uses=3
        )
        self.grant = create_grant(actor=self.by_member, grant_request=request).row
        self.invitation = make_invitation(self.admin, self.project, "guest@example.com").row
        self.pair = sign_in(user=self.member)

    def of(self, user: Any) -> Any:
        return Membership.objects.filter(project=self.project, user=user)


@pytest.fixture
def stage(settings: Any, db: None) -> Stage:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return Stage()


def findings() -> list[tuple[str, str]]:
    return [(each.kind.name, each.reason) for each in explain().unexplained]


def verify(*arguments: str) -> tuple[str, int]:
    """Return what `audit verify` printed, and its exit status."""
    out = StringIO()
    try:
        call_command("audit", "verify", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue() + str(error), error.returncode
    return out.getvalue(), 0


def copy(row: Any, **columns: Any) -> None:
    """Insert a row like this one."""
    values = {
        each.attname: getattr(row, each.attname) for each in type(row)._meta.concrete_fields if not each.primary_key
    }
    type(row)._default_manager.create(**(values | columns))


def readmit(stage: Stage) -> None:
    remove_member(actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk)
    Membership.objects.create(project=stage.project, user=stage.member, role=Role.MEMBER)


def revive_token(stage: Stage) -> None:
    revoke_token(actor=stage.by_member, token_id=stage.token.pk)
    ServiceToken.objects.update(revoked_at=None)


def revive_grant(stage: Stage) -> None:
    revoke_grant(actor=stage.by_member, grant_id=stage.grant.pk)
    TaskGrant.objects.update(revoked_at=None)


def revive_session(stage: Stage) -> None:
    sign_out(refresh_token=stage.pair.refresh)
    Session.objects.update(revoked_at=None)


def revive_invitation(stage: Stage) -> None:
    revoke_invitation(actor=stage.by_admin, project_id=stage.project.id, invitation_id=stage.invitation.pk)
    Invitation.objects.update(revoked_at=None)


def grant_foreign_secret(stage: Stage) -> None:
    """The attack by which a writer to the database read any value."""
    TaskGrant.objects.filter(pk=stage.grant.pk).update(user=stage.stranger)
    GrantedSecret.objects.create(
        grant=stage.grant,
        secret=stage.personal,
        name="PERSONAL",
        owner_kind="personal",
        version=1,
        reason="selected",
    )


# What somebody writes into the database, and what is found.
FORGERIES: dict[str, tuple[Callable[[Stage], Any], tuple[str, str]]] = {
    "a membership": (
        lambda stage: Membership.objects.create(project=stage.project, user=stage.stranger, role=Role.VIEWER),
        ("membership", UNKNOWN),
    ),
    "a higher role": (lambda stage: stage.of(stage.member).update(role=Role.ADMIN), ("membership", OTHERWISE)),
    "a membership of another": (
        lambda stage: stage.of(stage.member).update(user=stage.stranger),
        ("membership", UNKNOWN),
    ),
    "a former membership": (readmit, ("membership", ENDED)),
    "sharing with everyone": (
        lambda _: Project.objects.update(shared_with_team=True),
        ("shared_project", UNKNOWN),
    ),
    "an invitation": (
        lambda stage: copy(stage.invitation, email="thief@example.com", token_digest="0" * 64),
        ("invitation", UNKNOWN),
    ),
    "an invitation of another": (
        lambda _: Invitation.objects.update(email="thief@example.com"),
        ("invitation", OTHERWISE),
    ),
    "a former invitation": (revive_invitation, ("invitation", ENDED)),
    "a service token": (lambda stage: copy(stage.token, digest="0" * 64), ("service_token", UNKNOWN)),
    "more scopes": (
        lambda _: ServiceToken.objects.update(scopes=["secrets:read", "secrets:write"]),
        ("service_token", OTHERWISE),
    ),
    "a later end": (
        lambda _: ServiceToken.objects.update(expires_at=timezone.now() + timedelta(days=999)),
        ("service_token", OTHERWISE),
    ),
    "a token of another": (
        lambda stage: ServiceToken.objects.update(user=stage.stranger),
        ("service_token", OTHERWISE),
    ),
    "another token in its row": (
        lambda _: ServiceToken.objects.update(digest="0" * 64),
        ("service_token", OTHERWISE),
    ),
    "a revoked token": (revive_token, ("service_token", ENDED)),
    "a grant": (lambda stage: copy(stage.grant, digest="0" * 64), ("task_grant", UNKNOWN)),
    "a grant of another": (lambda stage: TaskGrant.objects.update(user=stage.stranger), ("task_grant", OTHERWISE)),
    "more uses": (lambda _: TaskGrant.objects.update(max_uses=None), ("task_grant", OTHERWISE)),
    "another granted secret": (
        lambda stage: swap(secret_id=stage.personal.pk),
        ("task_grant", OTHERWISE),
    ),
    "another granted version": (lambda _: swap(version=2), ("task_grant", OTHERWISE)),
    "a foreign secret in a grant": (grant_foreign_secret, ("task_grant", OTHERWISE)),
    "another task token in its row": (
        lambda _: TaskGrant.objects.update(digest="0" * 64),
        ("task_grant", OTHERWISE),
    ),
    "a revoked grant": (revive_grant, ("task_grant", ENDED)),
    "a superuser": (
        lambda stage: type(stage.member)._default_manager.filter(pk=stage.member.pk).update(is_superuser=True),
        ("superuser", UNKNOWN),
    ),
    "a session": (
        lambda stage: Session.objects.create(
            user=stage.admin, auth_hash="", expires_at=timezone.now() + timedelta(days=1)
        ),
        ("session", UNKNOWN),
    ),
    "a session of another": (lambda stage: Session.objects.update(user=stage.admin), ("session", OTHERWISE)),
    "a session that was signed out": (revive_session, ("session", ENDED)),
}


@pytest.mark.parametrize(("forge", "found"), FORGERIES.values(), ids=FORGERIES)
def test_what_was_written_into_the_database_is_found(
    forge: Callable[[Stage], Any], found: tuple[str, str], stage: Stage
) -> None:
    assert findings() == []
    forge(stage)
    assert findings() == [found]


def test_every_kind_is_forged_above() -> None:
    assert {kind for _, (kind, _) in FORGERIES.values()} == set(entitlement_kinds)


def make_task_secret(stage: Stage) -> None:
    draft = Draft(owner=Owner(project_id=stage.project.id), name="MADE", value=Plaintext("x"), made_by=stage.grant)
    actor = Actor.from_user(stage.member, stage.grant.limits, origin=origin_of(stage.grant))
    create_task_secret(actor=actor, draft=draft, grant=stage.grant)


def origin_of(grant: TaskGrant) -> Any:
    return replace(UNKNOWN_ORIGIN, credential=grant.credential)


def make_project_as_staff(stage: Stage) -> None:
    root = make_user("root", is_staff=True, is_superuser=True)
    call_command("audit", "accept", "--yes", stdout=StringIO())
    project = create_project(actor=Actor.from_staff(root))
    assert Membership.objects.get(project=project).user == root


def be_superuser_for_a_while(stage: Stage) -> None:
    """An operator makes the member a superuser on their page, takes that back, and does it again."""
    root = make_user("root", is_staff=True, is_superuser=True)
    call_command("audit", "accept", "--yes", stdout=StringIO())
    client = Client()
    client.force_login(root)
    path = reverse("admin:auth_user_change", args=[stage.member.pk])
    for flags in ({"is_superuser": "on"}, {}, {"is_superuser": "on"}):
        form = client.get(path).context["adminform"].form
        shown = {name: form[name].value() for name in ("username", "email", "first_name", "last_name")}
        joined = timezone.localtime(stage.member.date_joined)
        times = {"date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}"}
        answer = client.post(path, {**shown, **times, "is_active": "on", **flags})
        assert answer.status_code == 302, answer.context["errors"]
    stage.member.refresh_from_db()
    assert stage.member.is_superuser


# What members and operators do by the actions, after which nothing is found.
HISTORIES: dict[str, Callable[[Stage], Any]] = {
    "another role": lambda stage: change_role(
        actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk, role=Role.VIEWER
    ),
    "a transfer": lambda stage: transfer_project(
        actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk
    ),
    "a removal": lambda stage: remove_member(
        actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk
    ),
    "a deleted project": lambda stage: delete_project(actor=stage.by_admin, project_id=stage.project.id),
    "a project made by staff": make_project_as_staff,
    "a project made by a command": lambda _: create_project(actor=Actor.system("command")),
    "a deleted user": lambda stage: stage.member.delete(),
    "a deleted secret of a grant": lambda stage: delete_secret(actor=stage.by_member, secret_id=stage.secret.id),
    "a secret that a task made": make_task_secret,
    "a superuser": be_superuser_for_a_while,
    "a declined invitation": lambda stage: decline_invitation(
        actor=Actor.from_user(make_user("guest")),
        token_digest=make_invitation(stage.admin, stage.project, "guest@example.com").row.token_digest,
    ),
    "an accepted invitation": lambda stage: accept_invitation(
        actor=Actor.from_user(make_user("guest")),
        token_digest=make_invitation(stage.admin, stage.project, "guest@example.com").row.token_digest,
    ),
}


@pytest.mark.parametrize("happen", HISTORIES.values(), ids=HISTORIES)
def test_what_the_actions_do_is_explained(happen: Callable[[Stage], Any], stage: Stage) -> None:
    happen(stage)
    assert findings() == []


def test_a_taken_project_id_explains_no_former_member(stage: Stage) -> None:
    delete_project(actor=stage.by_admin, project_id=stage.project.id)
    create_project(actor=Actor.from_user(stage.stranger), project_id=stage.project.id)
    assert findings() == []
    Membership.objects.create(project_id=stage.project.id, user=stage.member, role=Role.MEMBER)
    assert findings() == [("membership", ENDED)]


def test_sharing_that_a_member_set_is_explained(stage: Stage, settings: Any) -> None:
    settings.PROJECTS = {**getattr(settings, "PROJECTS", {}), "TEAM_ROLE": "viewer"}
    assert projects_conf.team_role is not None
    for shared in (True, False, True):
        changes = {"shared_with_team": shared}
        update_project(actor=stage.by_admin, project_id=stage.project.id, changes=changes)
    assert findings() == []
    assert explain().counts["shared_project"] == 1


def test_ended_credentials_need_no_explanation(stage: Stage) -> None:
    copy(stage.token, digest="0" * 64, revoked_at=timezone.now())
    copy(stage.grant, digest="0" * 64, expires_at=timezone.now())
    assert findings() == []


# The command


def test_findings_are_named_and_end_with_2(stage: Stage) -> None:
    assert verify()[1] == 0
    Membership.objects.create(project=stage.project, user=stage.stranger, role=Role.ADMIN)
    text, status = verify()
    where = f"membership user {stage.stranger.pk} in project {stage.project.id} as admin"
    assert f"Explained: NO, 1 findings.\n  {where}: {UNKNOWN}\n" in text
    assert status == 2


def test_accepted_rows_are_explained_until_they_change(stage: Stage) -> None:
    Membership.objects.create(project=stage.project, user=stage.stranger, role=Role.VIEWER)
    root = make_user("root", is_superuser=True)
    with pytest.raises(CommandError, match="Nothing was accepted"):
        call_command("audit", "accept", stdout=StringIO())
    assert len(findings()) == 2
    call_command("audit", "accept", "--yes", stdout=StringIO())
    assert findings() == []
    accepted = AuditEvent.objects.filter(event="access.accepted").order_by("id")
    assert {(row.data["kind"], row.subject_id, row.actor_kind) for row in accepted} == {
        ("membership", str(stage.stranger.pk), "system"),
        ("superuser", str(root.pk), "system"),
    }
    assert AuditEvent.objects.get(event="audit.accepted").data == {"count": 2}
    stage.of(stage.stranger).update(role=Role.ADMIN)
    assert findings() == [("membership", OTHERWISE)]


def test_a_change_after_acceptance_is_explained(stage: Stage) -> None:
    Membership.objects.create(project=stage.project, user=stage.stranger, role=Role.VIEWER)
    call_command("audit", "accept", "--yes", stdout=StringIO())
    change_role(actor=stage.by_admin, project_id=stage.project.id, user_id=stage.stranger.pk, role=Role.MEMBER)
    assert findings() == []


def prune() -> None:
    chain_events()
    call_command("audit", "prune", "--before", str(timezone.now() + timedelta(days=1)), stdout=StringIO())


def test_pruning_leaves_nothing_unexplained_and_excuses_no_forgery(stage: Stage) -> None:
    Membership.objects.create(project=stage.project, user=stage.stranger, role=Role.VIEWER)
    prune()
    assert set(AuditEvent.objects.values_list("event", flat=True)) == {"access.retained", "audit.pruned"}
    assert findings() == [("membership", UNKNOWN)]
    # Whatever date the row claims, no pruned event speaks for it.
    copy(stage.token, digest="0" * 64, created_at=timezone.now() - timedelta(days=365))
    assert findings() == [("membership", UNKNOWN), ("service_token", UNKNOWN)]
    prune()
    assert findings() == [("membership", UNKNOWN), ("service_token", UNKNOWN)]


def test_only_what_pruning_takes_away_is_recorded_anew(stage: Stage) -> None:
    chain_events()
    late = make_project(stage.stranger)
    call_command("audit", "prune", "--before", str(timezone.now() + timedelta(days=1)), stdout=StringIO())
    retained = AuditEvent.objects.filter(event="access.retained")
    assert {row.data["kind"] for row in retained} == set(entitlement_kinds) - {"superuser", "shared_project"}
    assert late.pk not in {row.project_id for row in retained}
    assert findings() == []


@pytest.mark.parametrize("left", ["users", "secrets"])
def test_an_emptied_log_is_not_complete(left: str, stage: Stage) -> None:
    chain_events()
    assert not is_emptied()
    writable_events().delete()
    assert not is_emptied()
    AuditBlock.objects.all().delete()
    {"users": Secret.objects.all(), "secrets": get_user_model()._default_manager.none()}[left].delete()
    text, status = verify()
    assert "Complete: NO. There is no audit event, although there are users or secrets." in text
    assert "If it was emptied, restore it from a backup." in text
    assert status == 2


def test_a_new_installation_verifies_after_acceptance(db: None) -> None:
    assert verify()[1] == 0
    make_user("root", is_superuser=True)
    assert verify()[1] == 2
    call_command("audit", "accept", "--yes", stdout=StringIO())
    assert verify()[1] == 0


def test_the_demo_is_explained_at_once(db: None, settings: Any, tmp_path: Path) -> None:
    settings.DEVELOPMENT, settings.DATA_DIR = True, tmp_path
    call_command("demo", stdout=StringIO())
    assert explain().counts["superuser"] == 1
    assert verify()[1] == 0


def test_what_ends_while_it_is_looked_at_is_no_finding(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is read while it is usable, and its events once it was revoked."""
    kind = entitlement_kinds["service_token"]

    def revoke_after_reading(row: ServiceToken) -> Any:
        revoke_token(actor=stage.by_member, token_id=row.pk)
        return kind.read(row)

    monkeypatch.setitem(entitlement_kinds, "service_token", replace(kind, read=revoke_after_reading))
    assert findings() == []
