"""The questions of views: what decides about a request, asked with its credential by one statement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from neo_base.access.actors import Actor
from neo_base.access.compiled import Given
from neo_base.access.policies import roles_for
from neo_base.access.standing import Question, Standing, asker
from secrets_app.conf import conf, membership_policy_path
from secrets_app.models import Secret
from secrets_app.models.shown_secret import ShownSecret

Rows = QuerySet[Any, Any]


def role_in(project_id: UUID) -> Question:
    """Return the question for the asker's role in a project."""
    return Question(_role, (membership_policy_path(),), {"project_id": project_id})


def secret_and_role(secret_id: UUID) -> Question:
    """Return the question for a secret, as `ShownSecret` has it, and for the asker's role in its project."""
    return Question(_secret_and_role, (membership_policy_path(),), {"secret_id": secret_id})


def secret_in(standing: Standing | None, actor: Actor) -> ShownSecret | None:
    """Return the secret of the answer to `secret_and_role` if `actor` sees it, as `Secret.objects.visible_to` says.

    None if they do not, if there is none, or if it was not asked: the plain way has to say which.
    """
    if standing is None or standing.question.rows is not _secret_and_role:
        return None
    secret = ShownSecret._make(standing.answer[:-1])
    if actor.only_project_id not in (None, secret.project_id):
        return None
    is_seen = secret.project_id in standing.roles or secret.user_id == standing.user_id
    return secret if is_seen else None


def _role(_policy: str) -> Rows | None:
    roles = roles_for(conf.membership_policy, asker())
    if roles is None:
        return None
    return roles.filter(project_id=Given("project_id", Secret.project.field.target_field)).values_list(
        "project_id", "role"
    )


def _secret_and_role(_policy: str) -> Rows | None:
    roles = roles_for(conf.membership_policy, asker())
    if roles is None:
        return None
    role = Subquery(roles.filter(project_id=OuterRef("project_id")).values("role"))
    secrets = Secret.objects.filter(pk=Given("secret_id", Secret._meta.pk)).order_by().annotate(role=role)
    return secrets.values_list(*ShownSecret._fields, "role")
