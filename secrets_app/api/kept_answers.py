"""Answers that are given again: what `neo_base/rest/idempotency.py` asks of the app that has tables.

The answer is stored in the transaction of what it tells about, so that there is either both or nothing. The row is
written first: a second request with the same key waits for it. The request is stored as a digest under a key, since it
may hold a value that could be guessed; and of a secret no mask, which is read again from the secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from rest_framework.response import Response

from neo_base.quick_way import only_plain_ways
from neo_base.rest.errors import AlreadyMade, KeyReused
from neo_base.rest.idempotency import Make
from neo_base.rest.renderers import JSONRenderer
from neo_base.transactions import atomic, retry_serialization
from secrets_app.crypto.errors import CryptoError, OpenFailed, UnknownKey
from secrets_app.errors import KeyUnavailable
from secrets_app.masks import masked_value
from secrets_app.master_keys import key_provider, tag_key
from secrets_app.models import KeptAnswer, Secret
from secrets_app.models.kept_answer import KeptAnswerQuerySet

PURPOSE = "idempotency"
MASK = "masked_value"


def answer_once(view: Any, key: str, make: Make, *, is_shown_once: bool) -> Response:
    """Return what `make` returns, or returned for this credential and key within a day; see `Keeper`.

    Costs four statements beside those of `make`; where the answer was kept, two, in a transaction on PostgreSQL.
    """
    credential = view.actor.origin.credential
    columns = {
        "user_id": view.actor.user.pk,
        "credential_kind": credential.kind,
        "credential_id": credential.id,
        "key": key,
    }
    if kept := _kept(columns):
        return _again(kept, view)
    try:
        return _answer_first(view, columns, make, is_shown_once=is_shown_once)
    except IntegrityError:
        # Another request with this key was faster. It has committed, or this one would still wait.
        faster = _kept(columns)
        if faster is None:
            raise
        return _again(faster, view)


def _kept(columns: dict[str, Any]) -> KeptAnswer | None:
    """Return the answer that was kept, once it is as safe as what this site commits itself."""
    rows = KeptAnswer.objects.living().filter(**columns)
    kept = rows.first()
    return kept if kept is None or not connection.features.has_select_for_update else _made_safe(rows)


@atomic
def _made_safe(rows: KeptAnswerQuerySet) -> KeptAnswer | None:
    """Return the answer after a commit of our own, which waits for the standbys that commits wait for.

    A commit whose wait was cut off, by a restart or by an operator, can be seen, and a failover may still lose it. The
    lock of the row is written after it, so a standby that has the lock has the row.
    """
    return rows.select_for_update(no_key=True).first()


@retry_serialization
@transaction.atomic
@only_plain_ways()
def _answer_first(view: Any, columns: dict[str, Any], make: Make, *, is_shown_once: bool) -> Response:
    KeptAnswer.objects.expired().filter(user_id=view.actor.user.pk).delete()
    kept = KeptAnswer.objects.create(**columns, **_digest(view))
    response = make()
    kept.status, kept.answer = response.status_code, _storable(response, is_shown_once)
    kept.save(update_fields=["status", "answer"])
    return response


def _digest(view: Any) -> dict[str, Any]:
    try:
        key_id = key_provider().active_key_id
        return {"master_key_id": key_id, "digest": tag_key(key_id, PURPOSE).tag(*_parts(view))}
    except CryptoError:
        raise KeyUnavailable() from None


def _parts(view: Any) -> Iterator[bytes]:
    yield view.request.method.encode()
    yield view.request.path_info.rstrip("/").encode(errors="surrogatepass")
    yield json.dumps(view.body, sort_keys=True).encode()


def _again(kept: KeptAnswer, view: Any) -> Response:
    """Return the kept answer. Raises KeyReused where the request is another one, and AlreadyMade where no answer is."""
    try:
        tag_key(kept.master_key_id, PURPOSE).check(bytes(kept.digest), *_parts(view))
    except OpenFailed:
        raise KeyReused() from None
    except UnknownKey:
        # Whether it is the same request cannot be said without the master key of that time.
        raise AlreadyMade(kept.answer["ids"]) from None
    except CryptoError:
        raise KeyUnavailable() from None
    data = kept.answer.get("data")
    if data is None or not _fill_masks(data):
        raise AlreadyMade(kept.answer["ids"])
    etag = kept.answer.get("etag")
    return Response(data, kept.status, headers={"ETag": etag} if etag else None)


def _storable(response: Response, is_shown_once: bool) -> dict[str, Any]:
    data = json.loads(JSONRenderer().render(response.data))
    ids = [str(each["id"]) for each in _things(data)]
    if is_shown_once:
        return {"ids": ids}
    for each in _things(data):
        if MASK in each:
            each[MASK] = None
    return {"ids": ids, "data": data, "etag": response.get("ETag")}


def _things(data: Any) -> list[dict[str, Any]]:
    """Return what was made: the answer itself, or each of its results."""
    return [each for each in data.get("results", [data.get("project", data)]) if "id" in each]


def _fill_masks(data: Any) -> bool:
    """Fill in the masks of the secrets in the answer; return False where one is gone, or has moved.

    Whether the caller may see the owner of that time has been asked; of another owner nobody has asked it.
    """
    masked = [each for each in _things(data) if MASK in each]
    rows = Secret.objects.select_related("data_key").in_bulk([UUID(each["id"]) for each in masked])
    for each in masked:
        row = rows.get(UUID(each["id"]))
        if row is None or each["project_id"] != (None if row.project_id is None else str(row.project_id)):
            return False
        each[MASK] = masked_value(row)
    return True
