"""What people do to several rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rest_framework.exceptions import APIException

from neo_base.access.several import act_on_each
from neo_base.rest.languages import Text
from neo_pages.access import PageRequest, announce
from neo_pages.problems import sentence


def each(request: PageRequest, rows: Iterable[Any], act: Callable[[Any], Any], done: Text) -> None:
    """Call `act` for each row; then show `done` with the number of successes as `%(count)d`, and each refusal."""

    def say(refusal: APIException) -> str:
        announce(request, refusal)
        return sentence(refusal)

    act_on_each(request, rows, act, done, say)
