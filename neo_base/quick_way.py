"""The quick way through a frequent request: fewer statements, for the regular case only.

A quick way has written nothing when it gives up, and says no refusal itself. Then the plain way follows, which knows
every case. So both give the same answers, and a site may switch the quick ways off.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.dispatch import Signal
from rest_framework.exceptions import APIException

from neo_base.conf import conf

Result = TypeVar("Result")

way_taken = Signal()
"""Sent for each request that has a quick way: `job`, its name, and `is_quick`, whether it was taken."""


class NotRegular(Exception):
    """The case needs the plain way."""


def try_quickly(job: str, attempt: Callable[[], Result]) -> Result | None:
    """Return what `attempt` returns, or None if the plain way has to be taken.

    So it is where quick ways are switched off, and where `attempt` raises NotRegular or refuses.
    """
    result = None
    if conf.quick_way:
        with suppress(NotRegular, APIException):
            result = attempt()
    way_taken.send(sender=None, job=job, is_quick=result is not None)
    return result
