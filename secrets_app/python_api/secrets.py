"""The secrets of one owner, for synchronous code."""

from __future__ import annotations

import builtins
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from neo_base.access.actors import Actor
from neo_base.transactions import retry_serialization
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.actions.environments import OpenedEnvironment, open_environment
from secrets_app.actions.grants import GrantRequest, NewGrant, create_grant
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, update_secret
from secrets_app.actions.tokens import UNSET, Unset
from secrets_app.api.serializers import SecretCreate, SecretUpdate
from secrets_app.errors import NoSuchSecret
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require
from secrets_app.python_api.errors import InsideTransaction, with_own_errors
from secrets_app.python_api.given import as_text, project_id_in, require_signed_in
from secrets_app.python_api.once import Call, Key, made_once, shown_once
from secrets_app.python_api.shown import Environment, SecretInfo, info_of
from secrets_app.tasks.selection import SelectedName

ONE_USE_SECONDS = 60


@with_own_errors
def secrets_for(user: Any, *, project: Any = None) -> Secrets:
    """Return the personal secrets of `user`, or with `project`, a project or its id, the secrets of that project.

    Raise NotSignedIn if the user is anonymous or inactive. Costs no query: each method reads when it is called,
    and checks then what the user may do.
    """
    require_signed_in(user)
    return Secrets(user, project_id_in(project))


class Secrets:
    """The secrets of one owner, as one user may use them.

    Keep an instance for one request or job only: it does not notice that the user is deactivated.
    """

    def __init__(self, user: Any, project_id: UUID | None) -> None:
        self._user = user
        self._owner = Owner.of(user.pk, project_id)

    @with_own_errors
    def create(
        self,
        name: str,
        value: str,
        *,
        description: str = "",
        default_available: bool = False,
        expires_at: datetime | None = None,
        idempotency_key: Key = None,
    ) -> SecretInfo:
        """Store a new secret. The same call again, with the same `idempotency_key`, returns what the first one did.

        Raise InvalidInput, NameTaken, TooManySecrets, KeyUnavailable, NotAMember or RoleTooLow; with a key, also
        IdempotencyKeyReused or AlreadyMade.
        """
        body = {"name": name, "value": value, "default_available": default_available}
        details = {"description": description, "expires_at": as_text(expires_at)}
        # The create endpoint does not take the details: the rules of the update endpoint hold for them.
        fields = {**SecretCreate.validated(body), **SecretUpdate.validated(details)}
        fields.pop("project_id")
        draft = Draft(owner=self._owner, **fields)
        call = Call(self._user, Permission.SECRET_CREATE, self._owner, "create", body | details)
        return made_once(call, idempotency_key, lambda: info_of(create_secret(actor=self._actor(), draft=draft)))

    @with_own_errors
    def list(self) -> builtins.list[SecretInfo]:
        """Return all secrets of the owner, sorted by name. Raise NotAMember."""
        require(self._actor(), Permission.SECRET_VIEW, self._owner)
        return [info_of(row) for row in Secret.objects.owned_by(self._owner).defer("value")]

    @with_own_errors
    def get(self, name: str) -> SecretInfo:
        """Return one secret. Raise NoSuchSecret or NotAMember."""
        return info_of(self._row(self._actor(), name))

    @with_own_errors
    def update(
        self,
        name: str,
        *,
        value: str | None = None,
        description: str | None = None,
        default_available: bool | None = None,
        expires_at: datetime | Unset | None = UNSET,
        is_exempt_from_redaction: bool | None = None,
    ) -> SecretInfo:
        """Change what is given: a `value` becomes a new version, `expires_at=None` removes the expiry.

        Raise InvalidInput, NoSuchSecret, KeyUnavailable, NotAMember or RoleTooLow.
        """
        given = {
            "value": value,
            "description": description,
            "default_available": default_available,
            "is_exempt_from_redaction": is_exempt_from_redaction,
        }
        body: dict[str, Any] = {key: each for key, each in given.items() if each is not None}
        if not isinstance(expires_at, Unset):
            body["expires_at"] = as_text(expires_at)
        changes = SecretUpdate.validated(body)
        actor = self._actor()
        secret_id = self._row(actor, name).pk
        new_value = changes.pop("value", None)
        return info_of(update_secret(actor=actor, secret_id=secret_id, changes=changes, value=new_value))

    @with_own_errors
    def rename(self, name: str, new_name: str) -> SecretInfo:
        """Give a secret another name. Grants that name it no longer give it.

        Raise InvalidInput, NameTaken, NoSuchSecret, NotAMember or RoleTooLow.
        """
        changes = SecretUpdate.validated({"name": new_name})
        actor = self._actor()
        return info_of(edit_secret(actor=actor, secret_id=self._row(actor, name).pk, **changes))

    @with_own_errors
    def move(self, name: str, project: Any = None) -> SecretInfo:
        """Move a secret into `project`, an object or an id, or to the user's personal secrets.

        Raise NameTaken, TooManySecrets, NoSuchSecret, NotAMember, RoleTooLow, Unreadable or KeyUnavailable.
        """
        owner = Owner.of(self._user.pk, project_id_in(project))
        actor = self._actor()
        return info_of(edit_secret(actor=actor, secret_id=self._row(actor, name).pk, owner=owner))

    @with_own_errors
    def delete(self, name: str) -> None:
        """Delete a secret and all of its versions. Raise NoSuchSecret, NotAMember or RoleTooLow."""
        actor = self._actor()
        delete_secret(actor=actor, secret_id=self._row(actor, name).pk)

    @with_own_errors
    def promote(self, name: str) -> SecretInfo:
        """End the quarantine of a secret. Raise NoSuchSecret, NotAMember or RoleTooLow."""
        actor = self._actor()
        return info_of(promote_secret(actor=actor, secret_id=self._row(actor, name).pk))

    @with_own_errors
    def grant(
        self,
        *names: str,
        include_default: bool = True,
        latest: bool = False,
        ttl: int | None = None,
        max_uses: int | None = None,
        task_id: str = "",
        idempotency_key: Key = None,
    ) -> NewGrant:
        """Create a grant for one task. `text` is its token, to give to the task and store nowhere; `row` is the grant.

        `names` are `NAME` or `personal:NAME`; `ttl` is in seconds. Raise UnknownSecrets, GrantTooLong, TooManyGrants,
        NotAMember or RoleTooLow. The same call again, with the same `idempotency_key`, raises AlreadyMade.
        """
        terms: dict[str, Any] = {
            "include_default": include_default,
            "latest": latest,
            "ttl": ttl,
            "max_uses": max_uses,
            "task_id": task_id,
        }
        grant_request = GrantRequest(
            project_id=self._owner.project_id, secrets=[SelectedName.parse(name) for name in names], **terms
        )
        return shown_once(
            Call(self._user, Permission.RUNTIME_USE, self._owner, "grant", terms | {"names": names}),
            idempotency_key,
            lambda: create_grant(actor=self._actor(), grant_request=grant_request),
        )

    @with_own_errors
    def environment(self, *names: str, include_default: bool = True, task_id: str = "") -> Environment:
        """Return the values that a task of this owner gets, all of them or none, after writing the audit events.

        Creates a grant of one use and uses it. Call it outside of transactions, since a rollback would remove the
        audit events; inside of one, InsideTransaction is raised. Raise what `grant` raises, SecretExpired,
        UnreadableSecrets or KeyUnavailable.
        """
        opened = self._open(*names, include_default=include_default, task_id=task_id)
        return Environment(opened.values, opened.exempt_from_redaction)

    @retry_serialization
    def _open(self, *names: str, include_default: bool, task_id: str) -> OpenedEnvironment:
        with ExitStack() as stack:
            try:
                stack.enter_context(transaction.atomic(durable=True))
            except RuntimeError:
                raise InsideTransaction() from None
            grant = self.grant(
                *names, include_default=include_default, ttl=ONE_USE_SECONDS, max_uses=1, task_id=task_id
            )
            return open_environment(actor=self._actor(), grant=grant.row)

    def _actor(self) -> Actor:
        """Return a new actor for each call, since an actor keeps the roles that it has once read."""
        return Actor.from_user(self._user)

    def _row(self, actor: Actor, name: str) -> Secret:
        require(actor, Permission.SECRET_VIEW, self._owner)
        row = Secret.objects.owned_by(self._owner).filter(name=name).defer("value").first()
        if row is None:
            raise NoSuchSecret()
        return row
