"""Calls with an `idempotency_key`: one that is made again, as task queues do, makes nothing twice.

The key is to a call what an `Idempotency-Key` is to a request of the API, and is kept in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID

from rest_framework.response import Response

from neo_base.access.actors import Actor, Credential, Origin
from neo_base.rest.idempotency import Made, checked_key, kept_answers
from secrets_app.actions.grants import NewGrant
from secrets_app.actions.tokens import NewToken
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require
from secrets_app.python_api.shown import SecretInfo, info_from

Arguments = Mapping[str, Any]
Key = str | UUID | None
New = TypeVar("New", NewGrant, NewToken)

# Keys belong to a user and this, so they meet no key that a client of the API has chosen.
PYTHON_API = Origin(credential=Credential("python_api"))


class Call:
    """A call of a function with its arguments, as far as `kept_answers` asks about a view, and what it has to ask."""

    def __init__(self, user: Any, permission: Permission, owner: Owner, function: str, arguments: Arguments) -> None:
        self.actor = Actor.from_user(user, origin=PYTHON_API)
        self.request = SimpleNamespace(method="CALL", path_info=function)
        self.body = {**arguments, "owner": owner.label}
        self._permission, self._owner = permission, owner

    def answer(self, key: str | UUID, make: Callable[[], Made], *, is_shown_once: bool) -> Response:
        """Return what `make` returns, or the answer that was kept, to whoever may still make such a call."""
        require(self.actor, self._permission, self._owner)
        checked = checked_key(str(key), "idempotency_key")
        return kept_answers.answer(self, checked, make, is_shown_once=is_shown_once)


def made_once(call: Call, key: Key, make: Callable[[], SecretInfo]) -> SecretInfo:
    """Return the secret that `make` makes, or made for this user and key within a day. Without a key, only make it.

    Raises IdempotencyKeyReused for another call with the key, and AlreadyMade if the secret is gone or has moved.
    """
    if key is None:
        return make()

    def answer() -> Made:
        made = make()
        return Made(asdict(made), made)

    answered = call.answer(key, answer, is_shown_once=False)
    return answered.made if isinstance(answered, Made) else info_from(answered.data)


def shown_once(call: Call, key: Key, make: Callable[[], New]) -> New:
    """Return what `make` makes. Without a key, only make it.

    Raises IdempotencyKeyReused for another call with the key, and AlreadyMade for the same one, since the token of what
    was made is stored nowhere.
    """
    if key is None:
        return make()

    def answer() -> Made:
        made = make()
        return Made({"id": str(made.row.pk)}, made)

    return cast(Made, call.answer(key, answer, is_shown_once=True)).made  # type: ignore[no-any-return]
