"""Secrets that tasks create: never in place of a person's secret, and in quarantine until a person promotes them."""

from __future__ import annotations

from neo_base.access.actors import Actor
from neo_base.transactions import atomic
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.errors import InvalidTaskToken, NameTaken
from secrets_app.models import GrantedSecret, Secret, TaskGrant
from secrets_app.models.task_grant import OwnerKind, Reason
from secrets_app.tasks.candidates import secrets_of
from secrets_app.tasks.granted import content_of


@atomic
def create_task_secret(*, actor: Actor, draft: Draft, grant: TaskGrant) -> Secret:
    """Create a secret for the task of `grant`, and grant it to this task.

    Raises NameTaken if any secret that the task may see, or was ever granted, has this name; InvalidTaskToken if the
    grant has ended; and what `create_secret` raises.
    """
    # The grant is locked until commit, so that it cannot be revoked before the secret is created.
    if not TaskGrant.objects.open().select_for_update(no_key=True).filter(pk=grant.pk).exists():
        raise InvalidTaskToken()
    if _is_taken(draft.name, grant):
        raise NameTaken()
    secret = create_secret(actor=actor, draft=draft)
    GrantedSecret.objects.create(
        grant=grant,
        secret=secret,
        name=secret.name,
        owner_kind=OwnerKind.PROJECT if secret.project_id else OwnerKind.PERSONAL,
        version=secret.version,
        reason=Reason.CREATED,
        is_maskable=secret.is_maskable,
    )
    return secret


def _is_taken(name: str, grant: TaskGrant) -> bool:
    """Return whether any secret that the task may see, or was granted, has this name."""
    seen = secrets_of(grant.user_id, grant.project_id, grant.owner_kinds)
    return any(name == each.name for each in content_of(grant).given) or seen.filter(name=name).exists()
