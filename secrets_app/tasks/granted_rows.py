"""The secrets of a grant as they are now, held against what was granted: whether the task may still have them.

The plain way knows every case and says what is wrong. The quick one takes the current versions, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DataError
from django.utils import timezone

from neo_base.quick_way import NotRegular
from secrets_app import statements
from secrets_app.errors import SecretExpired, SecretGone, UnreadableSecrets
from secrets_app.models import Secret, SecretVersion, TaskGrant
from secrets_app.models.granted_set import Granted, GrantedSet
from secrets_app.models.granted_value import GrantedValue, granted_values
from secrets_app.models.secret import QuarantineReason
from secrets_app.models.task_grant import OwnerKind, Reason

Current = Secret | GrantedValue
Row = Current | SecretVersion


def current_rows(grant: TaskGrant, granted_set: GrantedSet, now: datetime) -> dict[str, GrantedValue]:
    """Return the row of each name, if all secrets of the set are as they were granted.

    Raises NotRegular if one is not, also if it is in quarantine, and for a set that was altered. Costs one query.
    """
    project_id = None if grant.project_id is None else str(grant.project_id)
    owners = {OwnerKind.PROJECT.value: (None, project_id), OwnerKind.PERSONAL.value: (grant.user_id, None)}
    rows = {}
    try:
        given, _ = granted_set.held_json
        with statements.undoable():
            found = granted_values(each[0] for each in given)
        for secret_id, name, owner_kind, version, *_ in given:
            row = rows[name] = found[secret_id]
            granted = (name, version, *owners[owner_kind])
            if (row.name, row.version, row.user_id, row.project_id_text) != granted:
                raise NotRegular
            if row.quarantine_reason or has_expired(row, now):
                raise NotRegular
    except (LookupError, TypeError, ValueError, DataError):
        # A secret was deleted, or the set was altered.
        raise NotRegular from None
    return rows


def granted_rows(grant: TaskGrant, granted: Sequence[Granted], secrets: Mapping[Any, Secret]) -> dict[str, Row]:
    """Return the row with the value of each name. Raises SecretGone or SecretExpired, with the names of all such."""
    held = {each.name: secrets[each.secret_id] for each in granted if each.secret_id in secrets}
    granted_as = {each.name: each for each in granted}
    kept = {name: secret for name, secret in held.items() if _is_as_granted(secret, granted_as[name], grant)}
    former = {} if grant.latest else _former_versions(granted_as, kept)
    found: dict[str, Row | None] = {}
    for name, each in granted_as.items():
        secret = kept.get(name)
        is_current = secret is not None and (grant.latest or secret.version == each.version)
        found[name] = secret if is_current or secret is None else former.get((secret.id, each.version))
    gone = (name for name, row in found.items() if row is None)
    refuse(SecretGone, "{} or its granted version is not available any more.", gone)
    now = timezone.now()
    expired = (name for name, each in held.items() if has_expired(each, now))
    refuse(SecretExpired, "{} has expired.", expired)
    return {name: row for name, row in found.items() if row is not None}


def has_expired(secret: Current, now: datetime) -> bool:
    return secret.expires_at is not None and secret.expires_at <= now


def _is_as_granted(secret: Secret, granted: Granted, grant: TaskGrant) -> bool:
    """Return whether the secret still has the granted name and owner, and no quarantine keeps it from the task."""
    is_personal = granted.owner_kind == OwnerKind.PERSONAL
    owner = (grant.user_id, None) if is_personal else (None, grant.project_id)
    return (
        secret.name == granted.name
        and (secret.user_id, secret.project_id) == owner
        and _is_let_through(secret, granted, grant)
    )


def _is_let_through(secret: Secret, granted: Granted, grant: TaskGrant) -> bool:
    """Return whether the secret is in no quarantine, or the task may have it nevertheless."""
    if secret.quarantine_reason == "":
        return True
    match secret.quarantine_reason:
        case QuarantineReason.AGENT:
            return secret.grant_id == grant.id
        case QuarantineReason.RISKY_NAME:
            # The version of the grant was promoted when the task got it by default; later ones were not.
            return granted.reason != Reason.DEFAULT or not grant.latest
    return True


def _former_versions(granted: Mapping[str, Granted], held: Mapping[str, Secret]) -> dict[Any, SecretVersion]:
    """Return the granted versions that are not current any more, by secret id and version, in at most one query."""
    former = {each.id: granted[name].version for name, each in held.items() if each.version != granted[name].version}
    if not former:
        return {}
    # Two lists and not pairs: one statement for any number, which reads at most the few versions that are kept.
    versions = SecretVersion.objects.filter(secret_id__in=former, version__in=set(former.values()))
    rows = versions.select_related("secret").defer("mask", "secret__value", "secret__mask")
    return {(row.secret_id, row.version): row for row in rows}


def refuse(error: type[SecretGone | SecretExpired | UnreadableSecrets], sentence: str, names: Iterable[str]) -> None:
    """Raise `error` with a sentence for each of `names`, if there are any."""
    messages = [sentence.format(name) for name in sorted(names)]
    if messages:
        raise error({"secrets": messages})
