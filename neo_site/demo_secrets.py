"""Secrets, a task and tokens for the demo users, one for each state that pages and admin show. Made by the actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from neo_base.access.actors import Actor, Origin
from neo_base.access.roles import Role
from neo_site.signin.actions import sign_in
from neo_site.signin.models import Session
from projects.invitation_actions import invite_by_link
from projects.models import Project
from secrets_app.actions.creation import Draft, create_secrets
from secrets_app.actions.environments import open_environment
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.secrets import update_secret
from secrets_app.actions.task_secrets import create_task_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import Secret, TaskGrant
from secrets_app.models.secret import UNUSED_AFTER
from secrets_app.models.task_grant import TaskScope
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.tasks.selection import SelectedName

DAY = timedelta(days=1)
SHARED: Mapping[str, dict[str, Any]] = {
    "DATABASE_URL": {"default_available": True, "description": "The shop's database"},
    "STRIPE_API_KEY": {"expires": 9, "description": "From the dashboard of the payment service"},
    "SENTRY_DSN": {"default_available": True, "description": "Unused for a long time"},
    "SMTP_PASSWORD": {"expires": -2, "description": "Expired: set a new value and a later expiry"},
    "DEPLOY_KEY": {"expires": 200, "description": "Read-only key of the repository"},
    "PIN": {"value": "4711", "description": "Too short to be hidden in what a task prints"},
    "NODE_OPTIONS": {"value": "--max-old-space-size=512", "description": "Its name changes how programs run"},
}
PERSONAL: Mapping[str, dict[str, Any]] = {"OPENAI_API_KEY": {"default_available": True}, "NPM_TOKEN": {}}
NIGHTLY = "nightly-17"


def fill(admin_user: Any, member_user: Any, project: Project) -> dict[str, Any]:
    """Make the secrets of the project and of both users, a grant that was used once, and tokens.

    Return ids by the names that the API gives them, all of what the admin may see and change.
    """
    admin, member = _signed_in(admin_user), _signed_in(member_user)
    shared = create_secrets(actor=member, drafts=list(_drafts(Owner(project_id=project.pk), SHARED)))
    for actor in (admin, member):
        create_secrets(actor=actor, drafts=list(_drafts(Owner(user_id=actor.user.pk), PERSONAL)))
    for value in ("postgres://shop:another-one@db/shop", "postgres://shop:a-third-one@db/shop"):
        update_secret(actor=member, secret_id=shared[0].pk, value=Plaintext(value))
    _run_a_task(member, project)
    create_token(actor=member, name="CI", scopes=["secrets:read", "runtime:use"], project_id=project.pk)
    backup = create_token(actor=admin, name="Backup", scopes=["projects:read"], expires_at=timezone.now() + 5 * DAY)
    # No action makes a past.
    Secret.objects.filter(pk=shared[2].pk).update(created_at=timezone.now() - UNUSED_AFTER - DAY, last_used_at=None)
    invited = invite_by_link(actor=admin, project_id=project.pk, email="guest@example.com", role=Role.VIEWER)
    sign_in(user=admin_user)
    ids = {
        "project_id": project.pk,
        "secret_id": shared[0].pk,
        "grant_id": create_grant(actor=admin, grant_request=GrantRequest(ttl=int(DAY.total_seconds()))).row.pk,
        "token_id": backup.row.pk,
        "invitation_id": invited.row.pk,
        "session_id": Session.objects.get(user=admin_user).pk,
    }
    return {name: str(value) for name, value in ids.items()} | {"user_id": member_user.pk, "version": 1}


def _run_a_task(member: Actor, project: Project) -> None:
    """Let a task get its secrets and make one, which is in quarantine then."""
    request = GrantRequest(
        project_id=project.pk,
        secrets=[SelectedName.parse("DEPLOY_KEY")],
        scopes=[TaskScope.CREATE_SECRETS],
        ttl=int(DAY.total_seconds()),
        task_id=NIGHTLY,
    )
    grant = create_grant(actor=member, grant_request=request).row
    task = Actor.from_user(member.user, limits=grant.limits, origin=Origin(credential=grant.credential))
    open_environment(actor=task, grant=grant)
    draft = Draft(Owner(project_id=project.pk), "SCRATCH_TOKEN", Plaintext("made-by-a-task-0123456789"), made_by=grant)
    create_task_secret(actor=task, draft=draft, grant=TaskGrant.objects.get(pk=grant.pk))


def _signed_in(user: Any) -> Actor:
    return Actor.from_user(user, origin=Origin(signed_in_at=timezone.now()))


def _drafts(owner: Owner, secrets: Mapping[str, dict[str, Any]]) -> Iterator[Draft]:
    for name, columns in secrets.items():
        given = dict(columns)
        expires, value = given.pop("expires", None), given.pop("value", f"{name.lower()}-0123456789abcdef")
        expires_at = None if expires is None else timezone.now() + expires * DAY
        yield Draft(owner=owner, name=name, value=Plaintext(value), expires_at=expires_at, **given)
