"""Data for the screenshots of the admin: a small site with a bit of everything that the admin shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.actions import create_project
from projects.models import Project
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.secrets import Draft, create_secrets, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext

DAY = timedelta(days=1)
SHARED: dict[str, dict[str, Any]] = {
    "DATABASE_URL": {"default_available": True, "description": "The shop's database"},
    "STRIPE_API_KEY": {"expires": 9, "description": "From the dashboard of the payment service"},
    "SENTRY_DSN": {"default_available": True},
    "SMTP_PASSWORD": {"expires": -2},
    "DEPLOY_KEY": {"expires": 200, "description": "Read-only key of the repository"},
    "PIN": {"value": "4711"},
    "SCRATCH_TOKEN": {"created_by_agent": True},
}
PERSONAL = {"OPENAI_API_KEY": {"default_available": True}, "GITHUB_TOKEN": {}}


def fill() -> None:
    """Add to the data of `manage.py demo`; in the development profile only, as that is."""
    users = get_user_model()._default_manager
    admin, member = (Actor.from_user(users.get(username=name)) for name in ("admin", "member"))
    shop = Project.objects.get(name="Demo project")
    create_project(actor=admin, name="Website", tags=["web", "public"])
    shared = create_secrets(actor=admin, drafts=list(_drafts(Owner(project_id=shop.pk), SHARED)))
    create_secrets(actor=admin, drafts=list(_drafts(Owner(user_id=admin.user.pk), PERSONAL)))
    create_secrets(actor=member, drafts=list(_drafts(Owner(user_id=member.user.pk), PERSONAL)))
    Secret.objects.filter(name="SCRATCH_TOKEN").update(
        quarantine_reason="agent", grant_id=uuid4(), task_id="nightly-17"
    )
    Secret.objects.filter(name="SENTRY_DSN").update(created_at=timezone.now() - 120 * DAY)
    update_secret(actor=member, secret_id=shared[0].pk, value=Plaintext("postgres://shop:another-one@db/shop"))
    update_secret(actor=member, secret_id=shared[1].pk, changes={"default_available": True})
    for task, uses in (("nightly-17", None), ("nightly-18", 3)):
        create_grant(
            actor=member,
            grant_request=GrantRequest(project_id=shop.pk, task_id=task, thread_id="nightly", max_uses=uses),
        )
    create_token(actor=member, name="CI", scopes=["secrets:read", "runtime:use"], project_id=shop.pk)
    create_token(actor=admin, name="Backup", scopes=["projects:read"], expires_at=timezone.now() + 5 * DAY)


def _drafts(owner: Owner, secrets: dict[str, dict[str, Any]]) -> Iterator[Draft]:
    for name, columns in secrets.items():
        given = dict(columns)
        expires, value = given.pop("expires", None), given.pop("value", f"{name.lower()}-0123456789abcdef")
        expires_at = None if expires is None else timezone.now() + expires * DAY
        yield Draft(owner=owner, name=name, value=Plaintext(value), expires_at=expires_at, **given)
