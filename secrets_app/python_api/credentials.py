"""Service tokens, and the end of what a user has handed out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from neo_base.access.actors import Actor
from neo_base.transactions import atomic
from secrets_app.actions import credentials
from secrets_app.actions.credentials import EndReason
from secrets_app.actions.tokens import UNSET, NewToken, Unset, create_token
from secrets_app.api.token_serializers import TokenCreate
from secrets_app.owners import Owner
from secrets_app.policies import Permission
from secrets_app.python_api.errors import with_own_errors
from secrets_app.python_api.given import as_text, project_id_in, require_signed_in
from secrets_app.python_api.once import Call, Key, shown_once


@with_own_errors
def service_token_for(
    user: Any,
    *,
    name: str,
    scopes: Collection[str],
    project: Any = None,
    expires_at: datetime | Unset | None = UNSET,
    idempotency_key: Key = None,
) -> NewToken:
    """Create a service token of `user` for a machine. Its `text` cannot be read again later.

    `scopes` are words such as "secrets:read". With `project`, a project or its id, the token can access only that one.
    Without `expires_at` it lasts for the site's usual time; None means never. Raise InvalidInput, ExpiryPassed,
    ExpiryTooLate, TooManyTokens, NotAMember or NotSignedIn. Whether the user signed in recently is not asked. The same
    call again, with the same `idempotency_key`, raises AlreadyMade.
    """
    require_signed_in(user)
    project_id = project_id_in(project)
    body: dict[str, Any] = {"name": name, "scopes": list(scopes), "project_id": project_id and str(project_id)}
    if not isinstance(expires_at, Unset):
        body["expires_at"] = as_text(expires_at)
    columns = TokenCreate.validated(body)
    call = Call(user, Permission.TOKEN_MANAGE, Owner.of(user.pk, None), "service_token_for", body)
    return shown_once(call, idempotency_key, lambda: create_token(actor=Actor.from_user(user), **columns))


@with_own_errors
def end_credentials(user: Any, *, service_tokens: bool = False, actor: Actor | None = None) -> None:
    """End the task grants of `user` that no service token made; with `service_tokens` the tokens and theirs as well.

    For a site that ends sessions in a way of its own: call it in the same transaction. `actor` is who did it, for the
    audit log; the site itself by default.
    """
    by, reason = actor or Actor.system(), EndReason.REQUESTED
    _end(by, user, reason, service_tokens=service_tokens)


@atomic
def _end(by: Actor, user: Any, reason: EndReason, *, service_tokens: bool) -> None:
    credentials.end_session_grants(actor=by, user_id=user.pk, reason=reason)
    if service_tokens:
        credentials.end_service_tokens(actor=by, user_id=user.pk, reason=reason)


@with_own_errors
def end_membership(user: Any, project: Any, *, actor: Actor | None = None) -> None:
    """End the task grants of `user` in a project, given as an object or by its id, and the tokens limited to it.

    For a site with memberships of its own: call it in the transaction in which one ends. Otherwise the grants would
    work again if the user came back while they last. `actor` is as for `end_credentials`.
    """
    ended = project_id_in(project)
    if ended is None:
        raise ValidationError({"project": ["Pass the project whose membership has ended."]})
    credentials.end_membership(actor=actor or Actor.system(), user_id=user.pk, project_id=ended)
