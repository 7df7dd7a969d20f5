"""What a grant gives: the secrets of its granted set, and those in rows of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from secrets_app.errors import InvalidTaskToken
from secrets_app.models import GrantedSecret, Secret, TaskGrant
from secrets_app.models.granted_set import Content, Damaged, Granted
from secrets_app.models.task_grant import TaskScope

CHUNK = 10_000
"""How many ids one query takes."""


def content_of(grant: TaskGrant) -> Content:
    """Return what the grant gives and leaves out, sorted by name.

    Raise InvalidTaskToken for a set that was altered: the task needs a new grant. Costs no query if the grant was read
    with its `granted_set`, and one more if it may have secrets in rows of their own.
    """
    try:
        return _content(grant, grant.granted.all() if _may_have_rows(grant) else [])
    except Damaged:
        raise InvalidTaskToken() from None


def load_granted(grants: Sequence[TaskGrant]) -> list[TaskGrant]:
    """Set `granted_secrets` and `omitted_secrets` of the grants, which were read with their `granted_set`; return them.

    A deleted secret has no id. A damaged set gives nothing: its task gets an error. Costs two queries at most for each
    ten thousand secrets.
    """
    rows: defaultdict[Any, list[GrantedSecret]] = defaultdict(list)
    with_rows = [grant.pk for grant in grants if _may_have_rows(grant)]
    if with_rows:
        for row in GrantedSecret.objects.filter(grant__in=with_rows):
            rows[row.grant_id].append(row)
    contents = {grant.pk: _readable(grant, rows[grant.pk]) for grant in grants}
    existing = _existing(secret_id for content in contents.values() for secret_id in content.ids)
    for grant in grants:
        given, omitted = contents[grant.pk]
        grant.granted_secrets = [
            each if each.secret_id in existing else each._replace(secret_id=None) for each in given
        ]
        grant.omitted_secrets = list(omitted)
    return list(grants)


def _may_have_rows(grant: TaskGrant) -> bool:
    return grant.granted_set_id is None or TaskScope.CREATE_SECRETS in grant.scopes


def _content(grant: TaskGrant, rows: Iterable[GrantedSecret]) -> Content:
    held = Content([], grant.omitted) if grant.granted_set is None else grant.granted_set.held
    own = [Granted(row.secret_id, row.name, row.owner_kind, row.version, row.reason, row.is_maskable) for row in rows]
    return Content(sorted([*held.given, *own], key=lambda each: each.name), held.omitted) if own else held


def _readable(grant: TaskGrant, rows: Iterable[GrantedSecret]) -> Content:
    try:
        return _content(grant, rows)
    except Damaged:
        return Content([], [])


def _existing(ids: Iterable[UUID]) -> set[UUID]:
    remaining, found = iter(set(ids)), set()
    while chunk := list(islice(remaining, CHUNK)):
        found |= set(Secret.objects.filter(pk__in=chunk).values_list("pk", flat=True))
    return found
