"""The questions of views: what decides about a request, asked with its credential by one statement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import CharField, OuterRef, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast

from neo_base.access.actors import Actor
from neo_base.access.compiled import Given
from neo_base.access.policies import roles_for
from neo_base.access.standing import Question, Standing, asker, of_credential
from secrets_app.conf import conf, membership_policy_path
from secrets_app.models import AuditEvent, Secret, TaskGrant
from secrets_app.models.shown_secret import ShownSecret
from secrets_app.models.stamps import Stamp, newest, oldest, stamped

Rows = QuerySet[Any, Any]


def role_in(project_id: UUID) -> Question:
    """Return the question for the asker's role in a project."""
    return Question(_role, (membership_policy_path(),), {"project_id": project_id})


def role_of_task() -> Question:
    """Return the question for the asker's role in the project of the task whose token they present."""
    return Question(_role_of_task, (membership_policy_path(),))


def secret_and_role(secret_id: UUID) -> Question:
    """Return the question for a secret, as `ShownSecret` has it, and for the asker's role in its project."""
    return Question(_secret_and_role, (membership_policy_path(),), {"secret_id": secret_id})


def role_and_stamp(project_id: UUID) -> Question:
    """Return the question for the asker's role in a project, and for the stamp of its secrets."""
    return Question(_role_and_stamp, (membership_policy_path(),), {"project_id": project_id})


def own_stamp() -> Question:
    """Return the question for the stamp of the asker's personal secrets."""
    return Question(_own_stamp)


def role_and_log(project_id: UUID) -> Question:
    """Return the question for the asker's role in a project, and for the ends of its audit log."""
    return Question(_role_and_log, (membership_policy_path(),), {"project_id": project_id})


def own_log() -> Question:
    """Return the question for the ends of the asker's own audit log."""
    return Question(_own_log)


def stamp_in(standing: Standing | None) -> Stamp | None:
    """Return the stamp in the answer to `role_and_stamp` or `own_stamp`; None if it was not asked, or found nothing."""
    if standing is None or standing.question.rows not in (_role_and_stamp, _own_stamp):
        return None
    stamp: Stamp | None = standing.answer[1]
    return stamp


def log_in(standing: Standing | None) -> Stamp | None:
    """Return the stamp in the answer to `role_and_log` or `own_log`, likewise."""
    if standing is None or standing.question.rows not in (_role_and_log, _own_log):
        return None
    _, newest, oldest, _ = standing.answer
    return {"newest": newest, "oldest": oldest}


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
    return _of_project()


def _role_of_task(_policy: str) -> Rows | None:
    roles, project = roles_for(conf.membership_policy, asker()), TaskGrant.project.field
    if roles is None:
        return None
    here = of_credential(project.attname, project.target_field)
    found: Rows = roles.filter(project_id=here).values_list("project_id", "role")
    return found


def _role_and_stamp(_policy: str) -> Rows | None:
    return _of_project(stamp=stamped(Secret.objects.filter(project_id=OuterRef("project_id")), "project_id"))


def _own_stamp() -> Rows:
    return _of_asker(stamp=stamped(Secret.objects.filter(user_id=OuterRef("pk")), "user_id"))


def _role_and_log(_policy: str) -> Rows | None:
    events = AuditEvent.objects.filter(project_id=OuterRef("project_id"))
    return _of_project(newest=newest(events), oldest=oldest(events))


def _own_log() -> Rows:
    events = AuditEvent.objects.filter(user_id=Cast(OuterRef("pk"), CharField()))
    return _of_asker(newest=newest(events), oldest=oldest(events))


def _of_project(**asked: Rows) -> Rows | None:
    """Return the asker's role in the given project, with what is asked of it."""
    roles = roles_for(conf.membership_policy, asker())
    if roles is None:
        return None
    more = {name: Subquery(rows) for name, rows in asked.items()}
    key = Given("project_id", Secret.project.field.target_field)
    found: Rows = roles.filter(project_id=key).annotate(**more).values_list("project_id", *more, "role")
    return found


def _of_asker(**asked: Rows) -> Rows:
    """Return what is asked of the asker, and no project and role."""
    more = {name: Subquery(rows) for name, rows in asked.items()}
    nothing = {"no_project": Value(None, UUIDField()), "no_role": Value(None, CharField())}
    user = get_user_model()._base_manager.filter(pk=asker()).order_by()
    found: Rows = user.annotate(**more, **nothing).values_list("no_project", *more, "no_role")
    return found


def _secret_and_role(_policy: str) -> Rows | None:
    roles = roles_for(conf.membership_policy, asker())
    if roles is None:
        return None
    role = Subquery(roles.filter(project_id=OuterRef("project_id")).values("role"))
    secrets = Secret.objects.filter(pk=Given("secret_id", Secret._meta.pk)).order_by().annotate(role=role)
    return secrets.values_list(*ShownSecret._fields, "role")
