"""What an actor shows, and how it comes to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from django.utils import timezone

from neo_base.access.actors import Actor as Acting
from neo_site.signin.actions import sign_in
from neo_site.signin.models import Session
from neo_site.signin.tokens import AccessToken
from projects.models import Project
from secrets_app import token_format
from secrets_app.actions.tokens import create_token
from secrets_app.models import ServiceToken
from secrets_app.models.task_grant import TaskGrant
from tests.authorization.actors import Actor
from tests.cast import PASSWORD

# A token notes its use, at most once a minute. Used in a moment to come, it notes none that the table would see.
LATER, PAST = timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1)


BUDGET = 9


class Shown(NamedTuple):
    bearer: str = ""
    refresh: str = "none"
    """In the body of refresh and sign-out: other kinds of token are tried there too."""
    password: str = "none"
    row: Any = None


def show(actor: Actor, user: Any, project: Project | None) -> Shown:
    return KINDS[actor.credential](actor, user, project)


def _nothing(actor: Actor, user: Any, project: Project | None) -> Shown:
    return Shown()


def _session(actor: Actor, user: Any, project: Project | None) -> Shown:
    pair, session = sign_in(user=user), Session.objects.get(user=user)
    # Not the pair's, which lasts minutes: on a busy machine all the questions together take longer.
    access = AccessToken.issue(session_id=session.pk, subject=str(user.pk), token_id=uuid4(), expires_at=LATER)
    return Shown(str(access), pair.refresh, PASSWORD, session)


def _service_token(actor: Actor, user: Any, project: Project | None) -> Shown:
    new = create_token(
        actor=Acting.from_user(user), name="Shown", scopes=actor.scopes, project_id=project.id if project else None
    )
    ServiceToken.objects.filter(pk=new.row.pk).update(last_used_at=LATER)
    return Shown(new.text, new.text, new.text, new.row)


def _task(actor: Actor, user: Any, project: Project | None) -> Shown:
    row, text = task_of(user, project, scopes=list(actor.scopes), max_uses=BUDGET)
    return Shown(text, text, text, row)


def task_of(user: Any, project: Project | None, **columns: Any) -> tuple[TaskGrant, str]:
    """A grant as it is written, and its token: also for who may make none, or no more."""
    text = token_format.new_token(token_format.TASK_PREFIX)
    written = {"user": user, "project": project, "expires_at": LATER, "prefix": token_format.shown(text)}
    return TaskGrant.objects.create(**written | columns, digest=token_format.digest(text)), text


KINDS: dict[str, Callable[[Actor, Any, Project | None], Shown]] = {
    "none": _nothing,
    "session": _session,
    "service": _service_token,
    "task": _task,
}


def end(actor: Actor, shown: Shown, user: Any, his_project: Project) -> None:
    """What `ended_by` says, in the row of the credential or in that of the user."""
    if actor.ended_by in USERS:
        USERS[actor.ended_by](user, his_project)
    elif actor.ended_by:
        type(shown.row)._default_manager.filter(pk=shown.row.pk).update(**COLUMNS[actor.ended_by])


def _deactivation(user: Any, his_project: Project) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def _another_password(user: Any, his_project: Project) -> None:
    user.set_password("another battery staple")
    user.save(update_fields=["password"])


def _deletion(user: Any, his_project: Project) -> None:
    # Nobody can be deleted while a project has no other admin.
    his_project.delete()
    user.delete()


def _leaving(user: Any, his_project: Project) -> None:
    """Do nothing more: whose role is "left" was removed just before, and what was for that project alone has ended."""


COLUMNS: dict[str, dict[str, Any]] = {
    "sign-out": {"revoked_at": PAST},
    "revocation": {"revoked_at": PAST},
    "time": {"expires_at": PAST},
    "its last use": {"uses": BUDGET},
}
USERS: dict[str, Callable[[Any, Project], None]] = {
    "deactivation": _deactivation,
    "leaving": _leaving,
    "a new password": _another_password,
    "deletion": _deletion,
}
