"""What a call refuses with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import APIException


def refusal_of(call: Callable[..., object], *args: Any, **kwargs: Any) -> type[APIException] | None:
    """The class of the error that the call raises, or None when it goes through."""
    try:
        call(*args, **kwargs)
    except APIException as refusal:
        return type(refusal)
    return None
