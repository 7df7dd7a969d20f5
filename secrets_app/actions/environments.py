"""The only way out for plaintext: the values of one task's secrets, for whoever holds the task token.

A task gets all values or none. One transaction checks the grant, its grantor and its secrets as they are now, counts
the use and writes the audit event. The values leave after it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from secrets_app import signals, vault
from secrets_app.audit.recording import record
from secrets_app.errors import InvalidTaskToken, SecretExpired, SecretGone, Unreadable, UnreadableSecrets
from secrets_app.models import GrantedSecret, Secret, SecretVersion, TaskGrant
from secrets_app.models.secret import QuarantineReason
from secrets_app.models.task_grant import OwnerKind, Reason
from secrets_app.models.token import LAST_USED_PRECISION
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, require

Row = Secret | SecretVersion


class OpenedEnvironment(NamedTuple):
    """The values of a task's secrets by name."""

    values: dict[str, Plaintext]
    exempt_from_redaction: list[str]
    """The names of those that what the task prints may show, sorted."""


@transaction.atomic
def open_environment(*, actor: Actor, grant: TaskGrant) -> OpenedEnvironment:
    """Return the values of the granted secrets, and count one use of the grant.

    Raises InvalidTaskToken if the grant has ended, what `require` raises if its grantor lost the permission,
    SecretGone, SecretExpired or UnreadableSecrets with the names of all such secrets, and KeyUnavailable. If it
    raises, no use is counted. Costs the same few queries whatever the number of secrets.
    """
    _take_a_use(grant)
    require(actor, Permission.TASK_ENVIRONMENT, grant.owner)
    granted = list(GrantedSecret.objects.filter(grant=grant).select_related("secret").defer("secret__mask"))
    rows = _rows(grant, granted)
    values = _open(rows)
    _note_use(grant, granted)
    record_exposure(actor=actor, grant=grant, rows=rows)
    for name, row in rows.items():
        announce(
            signals.secret_exposed,
            Secret,
            secret_id=row.secret_id,
            name=name,
            version=row.version,
            grant=grant,
            actor=actor,
        )
    announce(signals.grant_used, TaskGrant, grant=grant, actor=actor, names=list(values))
    return OpenedEnvironment(values, sorted(name for name, row in rows.items() if _is_exempt(row)))


def record_exposure(*, actor: Actor, grant: TaskGrant, rows: Mapping[str, Row]) -> None:
    """Write the audit event of an exposure. It is committed before the values leave; if it fails, they do not."""
    exposed = [{"id": row.secret_id, "name": name, "version": row.version} for name, row in rows.items()]
    subject, owner = grant.subject, grant.owner
    record("environment.exposed", actor=actor, subject=subject, owner=owner, secrets=exposed, use=grant.uses)


def _take_a_use(grant: TaskGrant) -> None:
    """Count a use, or raise InvalidTaskToken if none is left.

    A single UPDATE decides, so that concurrent requests never get more uses than the grant has.
    """
    taken = TaskGrant.objects.open().filter(pk=grant.pk).update(uses=F("uses") + 1, last_used_at=timezone.now())
    if not taken:
        raise InvalidTaskToken()
    grant.refresh_from_db(fields=["uses"])


def _rows(grant: TaskGrant, granted: Iterable[GrantedSecret]) -> dict[str, Row]:
    """Return the row with the value of each name. Raises SecretGone or SecretExpired, with the names of all such."""
    former = {} if grant.latest else _former_versions(grant, granted)
    found: dict[str, Row | None] = {}
    for each in granted:
        secret = each.secret if each.secret is not None and _is_as_granted(each.secret, each, grant) else None
        is_current = secret is not None and (grant.latest or secret.version == each.version)
        found[each.name] = secret if is_current or secret is None else former.get((secret.id, each.version))
    gone = (name for name, row in found.items() if row is None)
    _refuse(SecretGone, "{} or its granted version is not available any more.", gone)
    now = timezone.now()
    expiries = {each.name: each.secret.expires_at for each in granted if each.secret is not None}
    expired = (name for name, expires_at in expiries.items() if expires_at is not None and expires_at <= now)
    _refuse(SecretExpired, "{} has expired.", expired)
    return {name: row for name, row in found.items() if row is not None}


def _is_as_granted(secret: Secret, granted: GrantedSecret, grant: TaskGrant) -> bool:
    """Return whether the secret still has the granted name and owner, and no quarantine keeps it from the task."""
    owners = {OwnerKind.PERSONAL: (grant.user_id, None), OwnerKind.PROJECT: (None, grant.project_id)}
    return (
        secret.name == granted.name
        and (secret.user_id, secret.project_id) == owners[OwnerKind(granted.owner_kind)]
        and _is_let_through(secret, granted, grant)
    )


def _is_let_through(secret: Secret, granted: GrantedSecret, grant: TaskGrant) -> bool:
    """Return whether the secret is in no quarantine, or the task may have it nevertheless."""
    match secret.quarantine_reason:
        case QuarantineReason.AGENT:
            return secret.grant_id == grant.id
        case QuarantineReason.RISKY_NAME:
            # The version of the grant was promoted when the task got it by default; later ones were not.
            return granted.reason != Reason.DEFAULT or not grant.latest
    return True


def _is_exempt(row: Row) -> bool:
    """Return whether the secret is exempt from redaction now, whichever version the task gets."""
    return (row if isinstance(row, Secret) else row.secret).is_exempt_from_redaction


def _former_versions(grant: TaskGrant, granted: Iterable[GrantedSecret]) -> dict[Any, SecretVersion]:
    """Return the granted versions that are not current any more, by secret id and version, in at most one query."""
    if all(each.secret is None or each.secret.version == each.version for each in granted):
        return {}
    versions = SecretVersion.objects.filter(secret__granted__grant=grant, version=F("secret__granted__version"))
    rows = versions.select_related("secret").defer("mask", "secret__value", "secret__mask")
    return {(row.secret_id, row.version): row for row in rows}


def _open(rows: Mapping[str, Row]) -> dict[str, Plaintext]:
    """Return the plaintext of each row by name. Raises UnreadableSecrets with all such names, and KeyUnavailable."""
    values: dict[str, Plaintext] = {}
    unreadable = []
    for name, row in rows.items():
        try:
            values[name] = vault.open_value(row)
        except Unreadable:
            unreadable.append(name)
    _refuse(UnreadableSecrets, "The value of {} cannot be opened.", unreadable)
    return values


def _refuse(error: type[SecretGone | SecretExpired | UnreadableSecrets], sentence: str, names: Iterable[str]) -> None:
    messages = [sentence.format(name) for name in sorted(names)]
    if messages:
        raise error({"secrets": messages})


def _note_use(grant: TaskGrant, granted: Iterable[GrantedSecret]) -> None:
    """Set the time of last use of the granted secrets, with at most one write a minute, and without waiting."""
    now = timezone.now()
    due = now - LAST_USED_PRECISION
    if all(each.secret is None or (each.secret.last_used_at or due) > due for each in granted):
        return
    stale = Secret.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=due), granted__grant=grant)
    # Rows that another request holds are skipped, so that two tasks with the same secrets never wait for each other.
    held = stale.order_by("pk").select_for_update(of=("self",), skip_locked=True, no_key=True)
    Secret.objects.filter(pk__in=held.values("pk")).update(last_used_at=now)
