"""The secrets of one owner, for coroutines."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from asgiref.sync import sync_to_async

from secrets_app.python_api.secrets import Secrets, secrets_for

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def _awaited(
    method: Callable[Concatenate[Secrets, Given], Returned],
) -> Callable[Concatenate[AsyncSecrets, Given], Coroutine[Any, Any, Returned]]:
    @wraps(method)
    async def called(self: AsyncSecrets, /, *args: Given.args, **kwargs: Given.kwargs) -> Returned:
        return await sync_to_async(method)(self._secrets, *args, **kwargs)

    return called


class AsyncSecrets:
    """`Secrets` with every method awaited. Each runs in the thread that Django keeps for synchronous code."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    create = _awaited(Secrets.create)
    list = _awaited(Secrets.list)
    get = _awaited(Secrets.get)
    update = _awaited(Secrets.update)
    rename = _awaited(Secrets.rename)
    move = _awaited(Secrets.move)
    delete = _awaited(Secrets.delete)
    promote = _awaited(Secrets.promote)
    grant = _awaited(Secrets.grant)
    environment = _awaited(Secrets.environment)


def asecrets_for(user: Any, *, project: Any = None) -> AsyncSecrets:
    """Return what `secrets_for` returns, for coroutines. `user` has been loaded: `await request.auser()` does that."""
    return AsyncSecrets(secrets_for(user, project=project))
