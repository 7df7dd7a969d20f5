"""The way out of the plaintext: the values of one task's secrets, for whoever holds its token.

All of them or none. Everything that decides is read at this moment, in one transaction that also counts the use and
holds the record of it; the values leave when that has been committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from secrets_app import signals, vault
from secrets_app.audit.recording import record
from secrets_app.errors import InvalidTaskToken, SecretExpired, SecretGone, Unreadable, UnreadableSecrets
from secrets_app.models import GrantedSecret, Secret, SecretVersion, TaskGrant
from secrets_app.models.task_grant import OwnerKind
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, require

# So that being used does not cost a secret a write each time.
LAST_USED_PRECISION = timedelta(minutes=1)

Row = Secret | SecretVersion


@transaction.atomic
def open_environment(*, actor: Actor, grant: TaskGrant) -> dict[str, Plaintext]:
    """The values that `grant` gives, by name; counts one use of it, and none where this raises.

    Raises InvalidTaskToken for a grant that another request has used up or ended, what `require` raises where its
    grantor may no longer, SecretGone, SecretExpired or UnreadableSecrets that name what cannot be given, and
    KeyUnavailable. Costs the same few queries whatever the number of secrets.
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
    return values


def record_exposure(*, actor: Actor, grant: TaskGrant, rows: Mapping[str, Row]) -> None:
    """The one place before plaintext leaves: what is written here is committed first, and what fails keeps it in."""
    exposed = [{"id": row.secret_id, "name": name, "version": row.version} for name, row in rows.items()]
    subject, owner = grant.subject, grant.owner
    record("environment.exposed", actor=actor, subject=subject, owner=owner, secrets=exposed, use=grant.uses)


def _take_a_use(grant: TaskGrant) -> None:
    """Count a use if there is one left. One UPDATE decides, so that of many at once no more get through than may."""
    taken = TaskGrant.objects.open().filter(pk=grant.pk).update(uses=F("uses") + 1, last_used_at=timezone.now())
    if not taken:
        raise InvalidTaskToken()
    grant.refresh_from_db(fields=["uses"])


def _rows(grant: TaskGrant, granted: Iterable[GrantedSecret]) -> dict[str, Row]:
    """The row that holds the value of each name. Raises SecretGone or SecretExpired, with all the names of the kind."""
    former = {} if grant.latest else _former_versions(grant, granted)
    found: dict[str, Row | None] = {}
    for each in granted:
        secret = each.secret if each.secret is not None and _is_still(each.secret, each, grant) else None
        is_current = secret is not None and (grant.latest or secret.version == each.version)
        found[each.name] = secret if is_current or secret is None else former.get((secret.id, each.version))
    _refuse(SecretGone, "{} is not there any more.", (name for name, row in found.items() if row is None))
    now = timezone.now()
    expiries = {each.name: each.secret.expires_at for each in granted if each.secret is not None}
    past = (name for name, expires_at in expiries.items() if expires_at is not None and expires_at <= now)
    _refuse(SecretExpired, "{} has expired.", past)
    return {name: row for name, row in found.items() if row is not None}


def _is_still(secret: Secret, granted: GrantedSecret, grant: TaskGrant) -> bool:
    """Whether it is the secret that was granted, of the same owner and name, and not in quarantine."""
    owners = {OwnerKind.PERSONAL: (grant.user_id, None), OwnerKind.PROJECT: (None, grant.project_id)}
    return (
        secret.name == granted.name
        and (secret.user_id, secret.project_id) == owners[OwnerKind(granted.owner_kind)]
        and (not secret.is_quarantined or secret.grant_id == grant.id)
    )


def _former_versions(grant: TaskGrant, granted: Iterable[GrantedSecret]) -> dict[Any, SecretVersion]:
    """The granted versions that are no longer the current ones, in one query; none where there are none."""
    if all(each.secret is None or each.secret.version == each.version for each in granted):
        return {}
    versions = SecretVersion.objects.filter(secret__granted__grant=grant, version=F("secret__granted__version"))
    rows = versions.select_related("secret").defer("mask", "secret__value", "secret__mask")
    return {(row.secret_id, row.version): row for row in rows}


def _open(rows: Mapping[str, Row]) -> dict[str, Plaintext]:
    """Raises UnreadableSecrets, which names every one, and KeyUnavailable."""
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
    """Remember when the secrets were last used: at most one write a minute, and none that waits for another."""
    now = timezone.now()
    due = now - LAST_USED_PRECISION
    if all(each.secret is None or (each.secret.last_used_at or due) > due for each in granted):
        return
    stale = Secret.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=due), granted__grant=grant)
    # In one order and past what others hold, so that two tasks with the same secrets never wait for each other.
    held = stale.order_by("pk").select_for_update(of=("self",), skip_locked=True, no_key=True)
    Secret.objects.filter(pk__in=held.values("pk")).update(last_used_at=now)
