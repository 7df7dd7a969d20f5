"""Expiry is decided when something is used. No cleaner runs here, so every row that has ended is still there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_site.signin.actions import sign_in
from neo_site.signin.models import Session
from projects.models import Invitation, Project
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.tokens import create_token
from secrets_app.models import Secret, ServiceToken, TaskGrant
from secrets_app.tasks.selection import SelectedName
from tests.cast import ApiClient, make_invitation, make_secret

SECRETS = "/api/v1/secrets"
ENVIRONMENT = "/api/v1/runtime/environment"


class Stage:
    def __init__(self, project: Project, admin: Any, member: Any, stranger: Any) -> None:
        self.actor = Actor.from_user(member)
        self.member, self.stranger = member, stranger
        make_secret(member)
        request = GrantRequest(secrets=[SelectedName("TOKEN")])
        self.task = create_grant(actor=self.actor, grant_request=request).text
        scopes = ["secrets:read", "runtime:use"]
        token = create_token(actor=self.actor, name="x", scopes=scopes)
        self.token = token.text
        self.token_task = create_grant(
            actor=Actor.from_user(member, token.row.limits), grant_request=request, service_token=token.row
        ).text
        self.pair = sign_in(user=member)
        self.invitation = make_invitation(admin, project, "stranger@example.com").token


# What is used, whose end decides it, and what a use answers before it and after it.
USES: dict[str, tuple[Callable[[Stage], Any], Callable[[], Any], int, int]] = {
    "a task grant": (lambda on: ApiClient(bearer=on.task).post(ENVIRONMENT), TaskGrant.objects.all, 200, 401),
    "a secret in a grant": (lambda on: ApiClient(bearer=on.task).post(ENVIRONMENT), Secret.objects.all, 200, 409),
    "a service token": (lambda on: ApiClient(bearer=on.token).get(SECRETS), ServiceToken.objects.all, 200, 401),
    "a grant of a service token": (
        lambda on: ApiClient(bearer=on.token_task).post(ENVIRONMENT),
        ServiceToken.objects.all,
        200,
        401,
    ),
    "an access token": (lambda on: ApiClient(bearer=on.pair.access).get(SECRETS), Session.objects.all, 200, 401),
    "a refresh token": (
        lambda on: ApiClient().post("/api/v1/auth/token/refresh", {"refresh": on.pair.refresh}),
        Session.objects.all,
        200,
        401,
    ),
    "an invitation": (
        lambda on: ApiClient(on.stranger).post("/api/v1/invitations/accept", {"token": on.invitation}),
        Invitation.objects.all,
        200,
        404,
    ),
}


@pytest.fixture
def stage(project: Project, admin: Any, member: Any, stranger: Any, settings: Any) -> Stage:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return Stage(project, admin, member, stranger)


@pytest.mark.parametrize(("use", "rows", "before", "after"), USES.values(), ids=USES)
def test_what_has_ended_is_refused_without_any_cleaner(
    use: Callable[[Stage], Any], rows: Callable[[], Any], before: int, after: int, stage: Stage
) -> None:
    count = rows().count()
    rows().update(expires_at=timezone.now())
    assert use(stage).status_code == after
    assert rows().count() == count
    rows().update(expires_at=timezone.now() + timedelta(minutes=1))
    assert use(stage).status_code == before
