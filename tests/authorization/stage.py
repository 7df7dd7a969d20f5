"""The people and things that the table is about, made once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from neo_base.access.actors import Actor as Acting
from neo_base.access.actors import Origin
from neo_base.access.roles import Role
from neo_site.signin.actions import sign_in
from neo_site.signin.devices.actions import answer, ask
from neo_site.signin.devices.codes import digest
from neo_site.signin.models import DeviceSignIn, Session
from projects.actions import add_member, delete_project, remove_member
from projects.models import Project
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import Secret, ServiceToken
from secrets_app.plaintext import Plaintext
from tests.authorization.actors import EVERYBODY, Actor
from tests.authorization.credentials import Shown, end, show, task_of
from tests.authorization.invitations import invitations_into, invitations_of
from tests.cast import ApiClient, make_project, make_secret, make_user

NEVER_MADE = UUID("6a1e5a3c-0000-4000-8000-000000000000")
YESTERDAY = timezone.now() - timedelta(days=1)
FLAGS = {
    "staff": {"is_staff": True},
    "superuser": {"is_staff": True, "is_superuser": True},
    "superuser-token": {"is_staff": True, "is_superuser": True},
}

SHARED = ("the project", "another project", "the team")

Ids = dict[tuple[str, str], UUID]
"""By whose it is, the name of an actor or of a project, and its state."""


class Player(NamedTuple):
    """One actor: their user, what they show, and a project of their own."""

    user: Any
    user_id: int
    project: Project
    project_id: UUID
    shown: Shown
    client: ApiClient


class Stage:
    def __init__(self) -> None:
        self.colleague, self.outsider = make_user("colleague"), make_user("outsider")
        self.chief = Acting.from_user(self.colleague)
        sign_in(user=self.colleague)
        self.colleague_session = Session.objects.get(user=self.colleague)
        ask_for_sign_ins(self.colleague)
        self.projects = {name: make_project(self.colleague, name=name) for name in SHARED}
        Project.objects.filter(pk=self.projects["the team"].pk).update(shared_with_team=True)
        self.players = {actor.name: self._player(actor) for actor in EVERYBODY}
        owners = {"a colleague": self.colleague} | {name: player.user for name, player in self.players.items()}
        self.secrets = self._secrets(owners)
        self.service_tokens: Ids = {}
        self.grants: Ids = {}
        for name, user in owners.items():
            self.service_tokens |= {(name, state): key for state, key in tokens_of(user).items()}
            self.grants |= {(name, state): key for state, key in grants_of(user).items()}
            shared = grants_of(user, self.projects["the project"])
            self.grants |= {(f"{name}, in the project", state): key for state, key in shared.items()}
        for name, project in self.projects.items():
            made = create_token(actor=self.chief, name="CI", scopes=["secrets:read"], project_id=project.id)
            self.service_tokens[name, "a colleague's for it"] = made.row.id
        invited = {name: (player.user, player.project) for name, player in self.players.items()}
        self.invitations_to = invitations_of(invited, self.colleague)
        self.invitations_into = {
            name: invitations_into(project, self.colleague) for name, project in self.projects.items()
        }
        for actor in EVERYBODY:
            self._take_away(actor)

    def _player(self, actor: Actor) -> Player:
        user = make_user(actor.name, **FLAGS.get(actor.name, {}))
        for place, role in (("the project", actor.role), ("another project", actor.elsewhere)):
            if role:
                joined = Role.MEMBER if role == "left" else Role(role)
                project_id = self.projects[place].id
                add_member(actor=self.chief, project_id=project_id, username=actor.name, role=joined)
        shown = show(actor, user, self.projects.get(actor.confined_to))
        project = make_project(user, name="own")
        return Player(user, user.pk, project, project.id, shown, ApiClient(bearer=shown.bearer))

    def _secrets(self, owners: dict[str, Any]) -> Ids:
        project = make_project(self.colleague)
        found = {
            ("nobody", "of a deleted project"): make_secret(self.colleague, project_id=project.id).id,
            ("nobody", "deleted"): make_secret(self.colleague).id,
        }
        delete_project(actor=self.chief, project_id=project.id)
        delete_secret(actor=self.chief, secret_id=found["nobody", "deleted"])
        self.deleted_project = project.id
        for name, shared in self.projects.items():
            found |= {(name, state): key for state, key in secrets_of(self.colleague, project_id=shared.id).items()}
        for name, user in owners.items():
            found |= {(name, state): key for state, key in secrets_of(user).items()}
        return found

    def _take_away(self, actor: Actor) -> None:
        """Take what they had until a moment ago. Comes last, so that all else is as if they had it still."""
        player = self.players[actor.name]
        if actor.role == "left":
            project_id = self.projects["the project"].id
            remove_member(actor=self.chief, project_id=project_id, user_id=player.user_id)
        end(actor, player.shown, player.user, player.project)


def ask_for_sign_ins(user: Any) -> None:
    """Sign-ins by browser that were answered, with the state as device code."""
    for state in ("approved", "declined", "expired"):
        row = ask(device_code=state, user_code=state, client="neo", origin=Origin())
        answer(waiting=row, user=user, is_approved=state != "declined")
    DeviceSignIn.objects.filter(device_digest=digest("expired")).update(expires_at=YESTERDAY)


def secrets_of(user: Any, **columns: Any) -> dict[str, UUID]:
    """One with a former version, one that has expired, one that is in quarantine for its name, and one to be moved."""
    present, expired = make_secret(user, **columns), make_secret(user, name="EXPIRED", **columns)
    update_secret(actor=Acting.from_user(user), secret_id=present.id, value=Plaintext("another value"))
    Secret.objects.filter(pk=expired.pk).update(expires_at=YESTERDAY)
    held = make_secret(user, name="TAR_OPTIONS", **columns)
    Secret.objects.filter(pk=held.pk).update(quarantine_reason="risky_name")
    moved = make_secret(user, name="MOVED", **columns)
    return {"present": present.id, "expired": expired.id, "held for its name": held.id, "to be moved": moved.id}


def tokens_of(user: Any) -> dict[str, UUID]:
    columns: dict[str, dict[str, Any]] = {
        "present": {},
        "expired": {"expires_at": YESTERDAY},
        "revoked": {"revoked_at": YESTERDAY},
    }
    found = {}
    for state, changes in columns.items():
        row = create_token(actor=Acting.from_user(user), name=state, scopes=["secrets:read"]).row
        ServiceToken.objects.filter(pk=row.pk).update(name=state, **changes)
        found[state] = row.id
    return found


def grants_of(user: Any, project: Project | None = None) -> dict[str, UUID]:
    columns: dict[str, dict[str, Any]] = {
        "present": {},
        "expired": {"expires_at": YESTERDAY},
        "revoked": {"revoked_at": YESTERDAY},
    }
    return {state: task_of(user, project, **changes)[0].id for state, changes in columns.items()}
