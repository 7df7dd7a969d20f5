"""What collectors of errors, and dumps of stacks, read of the frames of an error: the local variables of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

DEPTH = 5
PLAIN = (str, bytes, int, float, bool, type(None))


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Those of an error, of its causes, and of what was being handled, whether or not it is suppressed."""
    told: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in told:
            continue
        told.add(id(current))
        waiting += [current.__cause__, current.__context__]
        traceback = current.__traceback__
        while traceback is not None:
            yield traceback.tb_frame
            traceback = traceback.tb_next


def as_collected(frame: FrameType) -> str:
    """As services for errors do it: containers some levels down, of all else its repr."""
    return "\n".join(f"{name} = {_collected(value, DEPTH)}" for name, value in frame.f_locals.items())


def as_dumped(frame: FrameType) -> str:
    """As JSON, with the `__dict__` of each object some levels down; of what has none, its repr."""
    return json.dumps({name: _dumped(value, DEPTH) for name, value in frame.f_locals.items()}, ensure_ascii=False)


def name_of(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"


def _collected(value: Any, depth: int) -> str:
    if depth and isinstance(value, Mapping):
        return ", ".join(f"{key!r}: {_collected(each, depth - 1)}" for key, each in list(value.items()))
    if depth and isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_collected(each, depth - 1) for each in value)
    return _shown(value)


def _dumped(value: Any, depth: int) -> Any:
    if not depth or isinstance(value, PLAIN):
        return _shown(value)
    if isinstance(value, Mapping):
        return {str(key): _dumped(each, depth - 1) for key, each in list(value.items())}
    if isinstance(value, list | tuple | set | frozenset):
        return [_dumped(each, depth - 1) for each in value]
    if hasattr(value, "__dict__") and not isinstance(value, type):
        return [_shown(value), _dumped(dict(vars(value)), depth - 1)]
    return _shown(value)


def _shown(value: Any) -> str:
    try:
        return f"{value}\n{value!r}"
    except Exception as failure:  # noqa: BLE001  (of whatever is shown)
        return type(failure).__name__
