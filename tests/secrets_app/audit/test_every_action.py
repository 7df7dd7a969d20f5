"""Each action has its event. An action without a line here fails the suite, and so does one that writes another row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

import neo_site.signin.actions
import neo_site.signin.devices.actions
import projects.actions
import projects.invitation_actions
import secrets_app.actions.copies
import secrets_app.actions.creation
import secrets_app.actions.credentials
import secrets_app.actions.data_keys
import secrets_app.actions.environments
import secrets_app.actions.grants
import secrets_app.actions.imports
import secrets_app.actions.master_keys
import secrets_app.actions.memory
import secrets_app.actions.moves
import secrets_app.actions.secrets
import secrets_app.actions.setting
import secrets_app.actions.task_secrets
import secrets_app.actions.tokens
import secrets_app.actions.verification
from neo_base.access.actors import Actor, Credential, Origin
from neo_base.access.roles import Role
from neo_base.audit.catalogue import catalogue
from neo_base.mail import NO_BACKEND
from neo_site.signin import actions as signin
from neo_site.signin.devices import actions as device_actions
from neo_site.signin.models import DeviceSignIn, Session
from projects import actions as project_actions
from projects import invitation_actions
from projects.models import Membership, Project
from secrets_app.actions.copies import copy_secret
from secrets_app.actions.creation import Draft, create_secret, create_secrets
from secrets_app.actions.credentials import (
    EndReason,
    end_grants,
    end_membership,
    end_service_tokens,
    end_session_grants,
    end_sessions,
    end_tokens,
    end_what_exceeds_roles,
)
from secrets_app.actions.data_keys import destroy_data_keys, renew_data_keys, reseal_secrets
from secrets_app.actions.environments import open_environment
from secrets_app.actions.grants import GrantRequest, create_grant, delete_ended, revoke_grant
from secrets_app.actions.imports import OnConflict, import_secrets
from secrets_app.actions.master_keys import retire_master_key, rewrap_data_keys
from secrets_app.actions.memory import forget_names
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, replace_values, restore_version, update_secret
from secrets_app.actions.setting import set_secret
from secrets_app.actions.task_secrets import create_task_secret
from secrets_app.actions.tokens import create_token, revoke_token
from secrets_app.actions.tokens import delete_ended as delete_ended_tokens
from secrets_app.actions.verification import verify_values
from secrets_app.conf import conf
from secrets_app.crypto import generate_key_line
from secrets_app.crypto.key_files import create_private
from secrets_app.fields import Sealed
from secrets_app.models import AuditEvent, KeyCheckValue, Secret, ServiceToken, TaskGrant
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.tasks.selection import SelectedName
from tests.cast import CANARY, make_invitation, make_secret, make_user

REQUESTED = EndReason.REQUESTED
MODULES: tuple[ModuleType, ...] = (
    projects.actions,
    projects.invitation_actions,
    secrets_app.actions.copies,
    secrets_app.actions.creation,
    secrets_app.actions.credentials,
    secrets_app.actions.data_keys,
    secrets_app.actions.environments,
    secrets_app.actions.grants,
    secrets_app.actions.imports,
    secrets_app.actions.master_keys,
    secrets_app.actions.memory,
    secrets_app.actions.moves,
    secrets_app.actions.secrets,
    secrets_app.actions.setting,
    secrets_app.actions.task_secrets,
    secrets_app.actions.tokens,
    secrets_app.actions.verification,
    neo_site.signin.actions,
    neo_site.signin.devices.actions,
)
CHANGES_NOTHING_BY_ITSELF = {
    "secrets_app.actions.master_keys.site_keys_to_rewrap",  # reads
    "projects.actions.cut_settings",  # text in, text out
    "projects.actions.join",  # part of `add_member` and `accept_invitation`, which have rows of their own
    "projects.actions.revoke_invitations",  # part of `invite`, `remove_member` and `revoke_invitation`
    "projects.actions.lock_project",  # locks
    "secrets_app.actions.credentials.hold_parent",  # locks
    "secrets_app.actions.credentials.lock_users",  # locks
    "secrets_app.actions.data_keys.data_keys_to_renew",  # reads
    "secrets_app.actions.data_keys.retiring_data_keys",  # reads
    "secrets_app.actions.data_keys.values_to_reseal",  # reads
    "secrets_app.actions.master_keys.data_keys_to_rewrap",  # reads
    "secrets_app.actions.master_keys.is_named_by_audit",  # reads
    "secrets_app.actions.environments.record_exposure",  # part of `open_environment`
    "secrets_app.actions.grants.explain_grant",  # stores nothing
    "secrets_app.actions.memory.forget_deleted",  # part of `create_grant`
    "secrets_app.actions.memory.remember_selected",  # part of `create_grant`
    "secrets_app.actions.verification.data_keys_that_open_nothing",  # reads
    "secrets_app.actions.creation.require_room",  # reads, and locks
    "secrets_app.actions.secrets.bytes_of",  # reads
    "secrets_app.actions.secrets.quarantine_of",  # reads
    "secrets_app.actions.secrets.value_columns",  # reads
    "secrets_app.actions.verification.values_to_verify",  # reads
    "neo_site.signin.actions.forget_approvals",  # part of `sign_out_everywhere`
    "neo_site.signin.devices.actions.ask",  # anybody may, and the log keeps everything
    "neo_site.signin.devices.actions.forget_ended",  # deletes what nobody waits for
    "neo_site.signin.devices.actions.waiting_for",  # reads
    "secrets_app.actions.tokens.note_use",  # when a token was last used, to the minute; what it did has rows
}


class Stage:
    """The cast, each of whom an action may need."""

    def __init__(self) -> None:
        self.admin, self.member, self.stranger = make_user("admin"), make_user("member"), make_user("stranger")
        self.by_admin, self.by_member = Actor.from_user(self.admin), Actor.from_user(self.member)
        self.project: Project = project_actions.create_project(actor=self.by_admin)
        self.add("member")
        self.secret = make_secret(self.member)
        self.pair = signin.sign_in(user=self.member)

    def add(self, username: str) -> None:
        project_actions.add_member(actor=self.by_admin, project_id=self.project.id, username=username, role=Role.MEMBER)

    def invitation(self) -> Any:
        return make_invitation(self.admin, self.project, "stranger@example.com")

    def invitation_by_link(self) -> None:
        with override_settings(EMAIL_BACKEND=NO_BACKEND):
            invitation_actions.invite_by_link(
                actor=self.by_admin, project_id=self.project.id, email="stranger@example.com", role=Role.MEMBER
            )

    def drafts(self, *names: str) -> list[Draft]:
        return [Draft(owner=Owner(user_id=self.member.pk), name=name, value=Plaintext(CANARY)) for name in names]

    def new_version(self) -> None:
        update_secret(actor=self.by_member, secret_id=self.secret.id, value=Plaintext("other"))

    def task(self) -> TaskGrant:
        grant_request = GrantRequest(secrets=[SelectedName("TOKEN")], max_uses=1)
        return create_grant(actor=self.by_member, grant_request=grant_request).row

    def grant(self) -> UUID:
        return UUID(str(self.task().pk))

    def session_grant(self) -> Credential:
        """Return the session in which a grant was made."""
        session = Session.objects.get().credential
        actor = Actor.from_user(self.member, origin=Origin(credential=session))
        create_grant(actor=actor, grant_request=GrantRequest())
        return session

    def project_grant(self) -> None:
        create_grant(actor=self.by_member, grant_request=GrantRequest(project_id=self.project.id))

    def grant_of_former_member(self) -> None:
        self.project_grant()
        Membership.objects.filter(user=self.member).delete()

    def token(self) -> UUID:
        made = create_token(actor=self.by_member, name="deploy", scopes=["secrets:read"])
        return UUID(str(made.row.pk))

    def emptied_data_key(self) -> None:
        renew_data_keys(actor=Actor.system(), before=timezone.now())
        reseal_secrets(actor=Actor.system())

    def rotate_master_key(self) -> None:
        former = Path(conf.key_file).read_text()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "master.keys"
            create_private(path, f"{generate_key_line('next')}\n{former}")
            with override_settings(SECRETS_APP=settings.SECRETS_APP | {"KEY_FILE": str(path)}):
                rewrap_data_keys(actor=Actor.system())

    def device_sign_in(self) -> DeviceSignIn:
        return device_actions.ask(device_code="device", user_code="user", client="neo", origin=Origin())

    def let_sign_in(self, asked: DeviceSignIn, *, is_approved: bool) -> bool:
        return device_actions.answer(waiting=asked, user=self.member, is_approved=is_approved)

    def expired_session(self) -> None:
        Session.objects.update(expires_at=timezone.now() - timedelta(days=1))


def nothing(stage: Stage) -> None:
    return None


Step = Callable[[Stage], Any]
# (action, what has to be there before, the action, the events it leaves)
ACTIONS: list[tuple[str, Step, Callable[[Stage, Any], Any], list[str]]] = [
    (
        "projects.actions.create_project",
        nothing,
        lambda stage, _: project_actions.create_project(actor=stage.by_member),
        ["project.created"],
    ),
    (
        "projects.actions.update_project",
        nothing,
        lambda stage, _: project_actions.update_project(
            actor=stage.by_admin, project_id=stage.project.id, changes={"name": "Beta", "shared_with_team": False}
        ),
        ["project.updated"],
    ),
    (
        "projects.actions.delete_project",
        nothing,
        lambda stage, _: project_actions.delete_project(actor=stage.by_admin, project_id=stage.project.id),
        ["project.deleted"],
    ),
    ("projects.actions.add_member", nothing, lambda stage, _: stage.add("stranger"), ["member.added"]),
    (
        "projects.actions.change_role",
        nothing,
        lambda stage, _: project_actions.change_role(
            actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk, role=Role.VIEWER
        ),
        ["member.changed"],
    ),
    (
        "projects.actions.transfer_project",
        nothing,
        lambda stage, _: project_actions.transfer_project(
            actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk
        ),
        ["project.transferred"],
    ),
    (
        "projects.actions.remove_member",
        nothing,
        lambda stage, _: project_actions.remove_member(
            actor=stage.by_admin, project_id=stage.project.id, user_id=stage.member.pk
        ),
        ["member.removed"],
    ),
    (
        "projects.invitation_actions.invite",
        nothing,
        lambda stage, _: stage.invitation(),
        ["invitation.created"],
    ),
    (
        "projects.invitation_actions.invite",
        Stage.invitation,
        lambda stage, _: stage.invitation(),
        ["invitation.revoked", "invitation.created"],
    ),
    (
        "projects.invitation_actions.invite_by_link",
        nothing,
        lambda stage, _: stage.invitation_by_link(),
        ["invitation.created"],
    ),
    (
        "projects.invitation_actions.accept_invitation",
        Stage.invitation,
        lambda stage, invited: invitation_actions.accept_invitation(
            actor=Actor.from_user(stage.stranger), token_digest=invited.row.token_digest
        ),
        ["member.added", "invitation.accepted"],
    ),
    (
        "projects.invitation_actions.decline_invitation",
        Stage.invitation,
        lambda stage, invited: invitation_actions.decline_invitation(
            actor=Actor.from_user(stage.stranger), token_digest=invited.row.token_digest
        ),
        ["invitation.declined"],
    ),
    (
        "projects.invitation_actions.revoke_invitation",
        Stage.invitation,
        lambda stage, invited: invitation_actions.revoke_invitation(
            actor=stage.by_admin, project_id=stage.project.id, invitation_id=invited.row.pk
        ),
        ["invitation.revoked"],
    ),
    (
        "secrets_app.actions.creation.create_secret",
        nothing,
        lambda stage, _: create_secret(actor=stage.by_member, draft=stage.drafts("A")[0]),
        ["secret.created"],
    ),
    (
        "secrets_app.actions.creation.create_secrets",
        nothing,
        lambda stage, _: create_secrets(actor=stage.by_member, drafts=stage.drafts("A", "B")),
        ["secret.created", "secret.created"],
    ),
    (
        "secrets_app.actions.imports.import_secrets",
        nothing,
        lambda stage, _: import_secrets(
            actor=stage.by_member,
            owner=Owner(user_id=stage.member.pk),
            drafts=stage.drafts("NEW", "TOKEN"),
            on_conflict=OnConflict.REPLACE,
        ),
        ["secret.created", "secret.updated"],
    ),
    (
        "secrets_app.actions.secrets.replace_values",
        nothing,
        lambda stage, _: replace_values(
            actor=stage.by_member, owner=stage.secret.owner, values={stage.secret.id: Plaintext("other")}
        ),
        ["secret.updated"],
    ),
    (
        "secrets_app.actions.secrets.promote_secret",
        lambda stage: Secret.objects.update(grant_id=stage.grant(), quarantine_reason="agent"),
        lambda stage, _: promote_secret(actor=stage.by_member, secret_id=stage.secret.id),
        ["secret.promoted"],
    ),
    (
        "secrets_app.actions.memory.forget_names",
        nothing,
        lambda stage, _: forget_names(actor=stage.by_member, thread_id="thread"),
        ["memory.cleared"],
    ),
    (
        "secrets_app.actions.secrets.update_secret",
        nothing,
        lambda stage, _: update_secret(
            actor=stage.by_member, secret_id=stage.secret.id, changes={"default_available": True, "expires_at": None}
        ),
        ["secret.updated"],
    ),
    (
        "secrets_app.actions.moves.edit_secret",
        nothing,
        lambda stage, _: edit_secret(actor=stage.by_member, secret_id=stage.secret.id, name="RENAMED"),
        ["secret.updated"],
    ),
    (
        "secrets_app.actions.moves.edit_secret",
        Stage.new_version,
        lambda stage, _: edit_secret(
            actor=stage.by_member,
            secret_id=stage.secret.id,
            name="RENAMED",
            owner=Owner(project_id=stage.project.id),
            changes={"default_available": True},
        ),
        ["secret.updated", "secret.departed", "secret.arrived"],
    ),
    (
        "secrets_app.actions.setting.set_secret",
        nothing,
        lambda stage, _: set_secret(
            actor=stage.by_member,
            owner=Owner(user_id=stage.member.pk),
            name="SET",
            value=Plaintext(CANARY),
            changes={"is_exempt_from_redaction": True, "description": "For CI"},
        ),
        ["secret.created", "secret.updated"],
    ),
    (
        "secrets_app.actions.setting.set_secret",
        nothing,
        lambda stage, _: set_secret(
            actor=stage.by_member, owner=stage.secret.owner, name=stage.secret.name, value=Plaintext("b"), changes={}
        ),
        ["secret.updated"],
    ),
    (
        "secrets_app.actions.copies.copy_secret",
        nothing,
        lambda stage, _: copy_secret(
            actor=stage.by_member, secret_id=stage.secret.id, owner=Owner(project_id=stage.project.id), name="COPY"
        ),
        ["secret.created", "secret.copied", "secret.received"],
    ),
    (
        "secrets_app.actions.secrets.restore_version",
        Stage.new_version,
        lambda stage, _: restore_version(actor=stage.by_member, secret_id=stage.secret.id, version=1),
        ["secret.restored"],
    ),
    (
        "secrets_app.actions.secrets.delete_secret",
        nothing,
        lambda stage, _: delete_secret(actor=stage.by_member, secret_id=stage.secret.id),
        ["secret.deleted"],
    ),
    (
        "secrets_app.actions.environments.open_environment",
        Stage.task,
        lambda stage, task: open_environment(actor=stage.by_member, grant=task),
        ["environment.exposed"],
    ),
    (
        "secrets_app.actions.task_secrets.create_task_secret",
        Stage.task,
        lambda stage, task: create_task_secret(actor=stage.by_member, draft=stage.drafts("MADE")[0], grant=task),
        ["secret.created"],
    ),
    (
        "secrets_app.actions.credentials.end_grants",
        Stage.grant,
        lambda stage, _: end_grants(actor=stage.by_member, grants=TaskGrant.objects.all(), reason=REQUESTED),
        ["grant.revoked"],
    ),
    (
        "secrets_app.actions.credentials.end_tokens",
        Stage.token,
        lambda stage, _: end_tokens(actor=stage.by_member, tokens=ServiceToken.objects.all(), reason=REQUESTED),
        ["token.revoked"],
    ),
    (
        "secrets_app.actions.credentials.end_service_tokens",
        Stage.token,
        lambda stage, _: end_service_tokens(actor=stage.by_member, user_id=stage.member.pk, reason=REQUESTED),
        ["token.revoked"],
    ),
    (
        "secrets_app.actions.credentials.end_session_grants",
        Stage.grant,
        lambda stage, _: end_session_grants(actor=stage.by_member, user_id=stage.member.pk, reason=REQUESTED),
        ["grant.revoked"],
    ),
    (
        "secrets_app.actions.credentials.end_sessions",
        Stage.session_grant,
        lambda stage, session: end_sessions(actor=stage.by_member, sessions=[(stage.member.pk, session)]),
        ["grant.revoked"],
    ),
    (
        "secrets_app.actions.credentials.end_membership",
        Stage.project_grant,
        lambda stage, _: end_membership(actor=stage.by_admin, user_id=stage.member.pk, project_id=stage.project.id),
        ["grant.revoked"],
    ),
    (
        "secrets_app.actions.credentials.end_what_exceeds_roles",
        Stage.grant_of_former_member,
        lambda stage, _: end_what_exceeds_roles(actor=stage.by_admin, project_id=stage.project.id),
        ["grant.revoked"],
    ),
    (
        "secrets_app.actions.verification.verify_values",
        nothing,
        lambda _stage, _: verify_values(actor=Actor.system()),
        ["secrets.verified"],
    ),
    (
        "secrets_app.actions.verification.verify_values",
        lambda _stage: Secret.objects.update(value=Sealed(b"")),
        lambda _stage, _: verify_values(actor=Actor.system()),
        ["secret.damaged", "secrets.verified"],
    ),
    (
        "secrets_app.actions.verification.verify_values",
        lambda _stage: Secret.objects.update(damaged_at=timezone.now()),
        lambda _stage, _: verify_values(actor=Actor.system()),
        ["secret.recovered", "secrets.verified"],
    ),
    ("secrets_app.actions.grants.create_grant", nothing, lambda stage, _: stage.grant(), ["grant.created"]),
    (
        "secrets_app.actions.grants.revoke_grant",
        Stage.grant,
        lambda stage, grant: revoke_grant(actor=stage.by_member, grant_id=grant),
        ["grant.revoked"],
    ),
    (
        "secrets_app.actions.grants.delete_ended",
        Stage.grant,
        lambda _stage, _: delete_ended(actor=Actor.system(), before=timezone.now() + timedelta(days=1)),
        ["grants.cleared"],
    ),
    (
        "projects.invitation_actions.delete_ended",
        Stage.invitation,
        lambda _stage, _: invitation_actions.delete_ended(
            actor=Actor.system(), before=timezone.now() + timedelta(days=30)
        ),
        ["invitations.cleared"],
    ),
    (
        "secrets_app.actions.master_keys.rewrap_data_keys",
        nothing,
        lambda stage, _: stage.rotate_master_key(),
        ["data_keys.rewrapped"],
    ),
    (
        "secrets_app.actions.data_keys.renew_data_keys",
        nothing,
        lambda _stage, _: renew_data_keys(actor=Actor.system(), before=timezone.now()),
        ["data_keys.renewed"],
    ),
    (
        "secrets_app.actions.data_keys.reseal_secrets",
        lambda _stage: renew_data_keys(actor=Actor.system(), before=timezone.now()),
        lambda _stage, _: reseal_secrets(actor=Actor.system()),
        ["data_keys.resealed"],
    ),
    (
        "secrets_app.actions.data_keys.destroy_data_keys",
        Stage.emptied_data_key,
        lambda _stage, _: destroy_data_keys(actor=Actor.system()),
        ["data_keys.destroyed"],
    ),
    (
        "secrets_app.actions.master_keys.retire_master_key",
        lambda _stage: KeyCheckValue.objects.create(master_key_id="former", check_value=b""),
        lambda _stage, _: retire_master_key(actor=Actor.system(), key_id="former"),
        ["master_key.retired"],
    ),
    (
        "secrets_app.actions.tokens.delete_ended",
        Stage.token,
        lambda _stage, _: delete_ended_tokens(actor=Actor.system(), before=timezone.now() + timedelta(days=120)),
        ["tokens.cleared"],
    ),
    ("secrets_app.actions.tokens.create_token", nothing, lambda stage, _: stage.token(), ["token.created"]),
    (
        "secrets_app.actions.tokens.revoke_token",
        Stage.token,
        lambda stage, token: revoke_token(actor=stage.by_member, token_id=token),
        ["token.revoked"],
    ),
    (
        "neo_site.signin.actions.sign_in",
        nothing,
        lambda stage, _: signin.sign_in(user=stage.member),
        ["session.started"],
    ),
    (
        "neo_site.signin.devices.actions.answer",
        Stage.device_sign_in,
        lambda stage, asked: stage.let_sign_in(asked, is_approved=True),
        ["sign_in.approved"],
    ),
    (
        "neo_site.signin.devices.actions.answer",
        Stage.device_sign_in,
        lambda stage, asked: stage.let_sign_in(asked, is_approved=False),
        ["sign_in.declined"],
    ),
    (
        "neo_site.signin.devices.actions.poll",
        lambda stage: stage.let_sign_in(stage.device_sign_in(), is_approved=True),
        lambda _, __: device_actions.poll(device_code="device"),
        ["session.started"],
    ),
    (
        "neo_site.signin.actions.rotate",
        nothing,
        lambda stage, _: signin.rotate(refresh_token=stage.pair.refresh),
        ["session.refreshed"],
    ),
    (
        "neo_site.signin.actions.sign_out",
        nothing,
        lambda stage, _: signin.sign_out(refresh_token=stage.pair.refresh),
        ["session.ended"],
    ),
    (
        "neo_site.signin.actions.sign_out_everywhere",
        nothing,
        lambda stage, _: signin.sign_out_everywhere(user=stage.member),
        ["sessions.revoked"],
    ),
    (
        "neo_site.signin.actions.revoke_sessions",
        nothing,
        lambda _stage, _: signin.revoke_sessions(sessions=Session.objects.all(), actor=Actor.system()),
        ["sessions.revoked"],
    ),
    (
        "neo_site.signin.actions.delete_expired",
        Stage.expired_session,
        lambda _stage, _: call_command("clear_expired_sessions", verbosity=0),
        ["sessions.cleared"],
    ),
]


def public_functions() -> set[str]:
    return {
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_action_is_listed() -> None:
    assert {action for action, *_ in ACTIONS} | CHANGES_NOTHING_BY_ITSELF == public_functions()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "act", "events"), [row[1:] for row in ACTIONS], ids=[f"{row[0]}-{len(row[3])}" for row in ACTIONS]
)
def test_action_leaves_exactly_its_events(
    before: Step, act: Callable[[Stage, Any], Any], events: list[str], settings: Any
) -> None:
    settings.EMAIL_BACKEND, mail.outbox = "django.core.mail.backends.locmem.EmailBackend", []
    stage = Stage()
    prepared = before(stage)
    known = set(AuditEvent.objects.values_list("pk", flat=True))
    act(stage, prepared)
    assert list(AuditEvent.objects.exclude(pk__in=known).order_by("id").values_list("event", flat=True)) == events
    assert {row.subject_kind for row in AuditEvent.objects.filter(event__in=events)} == {
        catalogue[event].subject for event in events
    }


def test_every_module_of_actions_is_listed() -> None:
    """A new file of actions has to be listed above."""
    patterns = (
        (projects, "*actions.py"),
        (neo_site.signin, "*actions.py"),
        (neo_site.signin.devices, "*actions.py"),
        (secrets_app.actions, "[!_]*.py"),
    )
    found = {
        f"{package.__name__}.{path.stem}"
        for package, pattern in patterns
        for path in sorted(Path(str(package.__path__[0])).glob(pattern))
    }
    assert found == {module.__name__ for module in MODULES}
