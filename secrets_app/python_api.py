"""The Python API: secrets for the code of a host site, without HTTP.

    from secrets_app.python_api import secrets_for

    secrets_for(user).create("GITHUB_TOKEN", token)
    secrets_for(user, project=project).list()

Rules, limits and audit events are the same as over HTTP. What the HTTP API answers with 403, 404 or 409 is raised here,
as the same classes of `secrets_app.errors` and `neo_base.access.errors`; malformed input raises DRF's ValidationError.
Each call reads the user's roles afresh.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.exceptions import NotAuthenticated

from neo_base.access.accounts import is_active
from neo_base.access.actors import Actor
from neo_base.transactions import atomic, retry_serialization
from secrets_app.actions import credentials
from secrets_app.actions.credentials import EndReason
from secrets_app.actions.environments import OpenedEnvironment, open_environment
from secrets_app.actions.grants import GrantRequest, NewGrant, create_grant
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import Draft, create_secret, delete_secret, promote_secret, update_secret
from secrets_app.actions.tokens import UNSET, NewToken, Unset, create_token
from secrets_app.api.serializers import SecretCreate, SecretUpdate
from secrets_app.api.token_serializers import TokenCreate
from secrets_app.errors import NoSuchSecret
from secrets_app.masks import masked_value
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import BULLETS, Plaintext
from secrets_app.policies import Permission, require
from secrets_app.redaction import TextRedactor
from secrets_app.tasks.selection import SelectedName

ONE_USE_SECONDS = 60


@dataclass(frozen=True)
class SecretInfo:
    """What people can see of a secret: everything but its value."""

    id: UUID
    name: str
    masked_value: str
    project_id: UUID | None
    description: str
    default_available: bool
    created_by_agent: bool
    quarantine_reason: str
    """Why it needs a promotion: "agent" or "risky_name"; empty if it needs none."""
    is_exempt_from_redaction: bool
    version: int
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Environment(Mapping[str, Plaintext]):
    """Values by name. Nothing shows them by accident, such as `print` or a log: `reveal()` returns the plaintexts."""

    def __init__(self, values: Mapping[str, Plaintext], exempt: Collection[str] = ()) -> None:
        self._values = values
        self._exempt = exempt

    def __getitem__(self, name: str) -> Plaintext:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Environment: {', '.join(self._values)}>"

    def reveal(self) -> dict[str, str]:
        """Return the plaintexts by name, for the environment of a process."""
        return {name: value.reveal() for name, value in self._values.items()}

    def redact(self, text: str) -> str:
        """Return `text` with each value, in all forms that `secrets_app.redaction` lists, replaced by `{{$NAME}}`.

        Values of secrets that are exempt from redaction stay.
        """
        redacted = {name: value for name, value in self.reveal().items() if name not in self._exempt}
        return TextRedactor(redacted).redact(text)


def secrets_for(user: Any, *, project: Any = None) -> Secrets:
    """Return the personal secrets of `user`, or with `project`, a project or its id, the secrets of that project.

    Raise NotAuthenticated if the user is anonymous or inactive. Costs no query: each method reads when it is called,
    and checks then what the user may do.
    """
    _require_signed_in(user)
    project_id = _id(project)
    return Secrets(user, None if project_id is None else UUID(project_id))


def service_token_for(
    user: Any,
    *,
    name: str,
    scopes: Collection[str],
    project: Any = None,
    expires_at: datetime | Unset | None = UNSET,
) -> NewToken:
    """Create a service token of `user` for a machine. Its `text` cannot be read again later.

    `scopes` are words such as "secrets:read". With `project`, a project or its id, the token can access only that one.
    Without `expires_at` it lasts for the site's usual time; None means never. Raise ValidationError, ExpiryPassed,
    ExpiryTooLate, TooManyTokens, NotAMember or NotAuthenticated. Whether the user signed in recently is not asked.
    """
    _require_signed_in(user)
    body: dict[str, Any] = {"name": name, "scopes": list(scopes), "project_id": _id(project)}
    if not isinstance(expires_at, Unset):
        body["expires_at"] = _text(expires_at)
    return create_token(actor=Actor.from_user(user), **TokenCreate.validated(body))


def end_credentials(user: Any, *, service_tokens: bool = False, actor: Actor | None = None) -> None:
    """End the task grants of `user` that no service token made; with `service_tokens` the tokens and theirs as well.

    For a site that ends sessions in a way of its own: call it in the same transaction. `actor` is who did it, for the
    audit log; the site itself by default.
    """
    by, reason = actor or Actor.system(), EndReason.REQUESTED
    _end_credentials(by, user, reason, service_tokens=service_tokens)


@atomic
def _end_credentials(by: Actor, user: Any, reason: EndReason, *, service_tokens: bool) -> None:
    credentials.end_session_grants(actor=by, user_id=user.pk, reason=reason)
    if service_tokens:
        credentials.end_service_tokens(actor=by, user_id=user.pk, reason=reason)


def end_membership(user: Any, project: Any, *, actor: Actor | None = None) -> None:
    """End the task grants of `user` in a project, given as an object or by its id, and the tokens limited to it.

    For a site with memberships of its own: call it in the transaction in which one ends. Otherwise the grants would
    work again if the user came back while they last. `actor` is as for `end_credentials`.
    """
    credentials.end_membership(actor=actor or Actor.system(), user_id=user.pk, project_id=UUID(_id(project)))


class Secrets:
    """The secrets of one owner, as one user may use them.

    Keep an instance for one request or job only: it does not notice that the user is deactivated.
    """

    def __init__(self, user: Any, project_id: UUID | None) -> None:
        self._user = user
        self._owner = Owner.of(user.pk, project_id)

    def create(
        self,
        name: str,
        value: str,
        *,
        description: str = "",
        default_available: bool = False,
        expires_at: datetime | None = None,
    ) -> SecretInfo:
        """Store a new secret.

        Raise ValidationError, NameTaken, TooManySecrets, KeyUnavailable, NotAMember or RoleTooLow.
        """
        body = {"name": name, "value": value, "default_available": default_available}
        fields = {**SecretCreate.validated(body), **_details(description, expires_at)}
        fields.pop("project_id")
        return _info(create_secret(actor=self._actor(), draft=Draft(owner=self._owner, **fields)))

    def list(self) -> builtins.list[SecretInfo]:
        """Return all secrets of the owner, sorted by name. Raise NotAMember."""
        require(self._actor(), Permission.SECRET_VIEW, self._owner)
        return [_info(row) for row in Secret.objects.owned_by(self._owner).defer("value")]

    def get(self, name: str) -> SecretInfo:
        """Return one secret. Raise NoSuchSecret or NotAMember."""
        return _info(self._row(self._actor(), name))

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

        Raise ValidationError, NoSuchSecret, KeyUnavailable, NotAMember or RoleTooLow.
        """
        given = {
            "value": value,
            "description": description,
            "default_available": default_available,
            "is_exempt_from_redaction": is_exempt_from_redaction,
        }
        body: dict[str, Any] = {key: each for key, each in given.items() if each is not None}
        if not isinstance(expires_at, Unset):
            body["expires_at"] = _text(expires_at)
        changes = SecretUpdate.validated(body)
        actor = self._actor()
        secret_id = self._row(actor, name).pk
        new_value = changes.pop("value", None)
        return _info(update_secret(actor=actor, secret_id=secret_id, changes=changes, value=new_value))

    def rename(self, name: str, new_name: str) -> SecretInfo:
        """Give a secret another name. Grants that name it no longer give it.

        Raise ValidationError, NameTaken, NoSuchSecret, NotAMember or RoleTooLow.
        """
        changes = SecretUpdate.validated({"name": new_name})
        actor = self._actor()
        return _info(edit_secret(actor=actor, secret_id=self._row(actor, name).pk, **changes))

    def move(self, name: str, project: Any = None) -> SecretInfo:
        """Move a secret into `project`, an object or an id, or to the user's personal secrets.

        Raise NameTaken, TooManySecrets, NoSuchSecret, NotAMember, RoleTooLow, Unreadable or KeyUnavailable.
        """
        project_id = _id(project)
        owner = Owner.of(self._user.pk, None if project_id is None else UUID(project_id))
        actor = self._actor()
        return _info(edit_secret(actor=actor, secret_id=self._row(actor, name).pk, owner=owner))

    def delete(self, name: str) -> None:
        """Delete a secret and all of its versions. Raise NoSuchSecret, NotAMember or RoleTooLow."""
        actor = self._actor()
        delete_secret(actor=actor, secret_id=self._row(actor, name).pk)

    def promote(self, name: str) -> SecretInfo:
        """End the quarantine of a secret. Raise NoSuchSecret, NotAMember or RoleTooLow."""
        actor = self._actor()
        return _info(promote_secret(actor=actor, secret_id=self._row(actor, name).pk))

    def grant(
        self,
        *names: str,
        include_default: bool = True,
        latest: bool = False,
        ttl: int | None = None,
        max_uses: int | None = None,
        task_id: str = "",
    ) -> NewGrant:
        """Create a grant for one task. `text` is its token, to give to the task and store nowhere; `row` is the grant.

        `names` are `NAME` or `personal:NAME`; `ttl` is in seconds. Raise UnknownSecrets, GrantTooLong, TooManyGrants,
        NotAMember or RoleTooLow.
        """
        grant_request = GrantRequest(
            project_id=self._owner.project_id,
            secrets=[SelectedName.parse(name) for name in names],
            include_default=include_default,
            latest=latest,
            ttl=ttl,
            max_uses=max_uses,
            task_id=task_id,
        )
        return create_grant(actor=self._actor(), grant_request=grant_request)

    def environment(self, *names: str, include_default: bool = True, task_id: str = "") -> Environment:
        """Return the values that a task of this owner gets, all of them or none, after writing the audit events.

        Creates a grant of one use and uses it. Call it outside of transactions, since a rollback would remove the
        audit events; inside of one, Django raises RuntimeError. Raise what `grant` raises, SecretExpired,
        UnreadableSecrets or KeyUnavailable.
        """
        opened = self._open(*names, include_default=include_default, task_id=task_id)
        return Environment(opened.values, opened.exempt_from_redaction)

    @retry_serialization
    @transaction.atomic(durable=True)
    def _open(self, *names: str, include_default: bool, task_id: str) -> OpenedEnvironment:
        grant = self.grant(*names, include_default=include_default, ttl=ONE_USE_SECONDS, max_uses=1, task_id=task_id)
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


def _require_signed_in(user: Any) -> None:
    if not user.is_authenticated or not is_active(user):
        raise NotAuthenticated()


def _id(project: Any) -> str | None:
    """Return the id, as text, of a project that is given as an object or by its id."""
    project_id = getattr(project, "pk", project)
    return None if project_id is None else str(project_id)


def _details(description: str, expires_at: datetime | None) -> dict[str, Any]:
    """Return the fields that the create endpoint does not take, validated by the rules of the update endpoint."""
    return SecretUpdate.validated({"description": description, "expires_at": _text(expires_at)})


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _info(row: Secret) -> SecretInfo:
    columns = [name for name in SecretInfo.__dataclass_fields__ if name != "masked_value"]
    return SecretInfo(masked_value=masked_value(row) or BULLETS, **{name: getattr(row, name) for name in columns})
