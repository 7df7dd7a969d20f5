"""Error reports that show where a fault is, and no data that was being handled."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

from django.views.debug import ExceptionReporter


def places(exc: BaseException | None) -> Iterator[str]:
    """Yield the type and the places in the code of an exception, its causes and the members of a group.

    Messages and variables are left out, because they may hold a value. Each exception appears once: causes can run in
    a circle.
    """
    seen: set[int] = set()
    waiting = [exc]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield type(current).__name__
        yield from (f"{frame.filename}:{frame.lineno} {frame.name}" for frame in _frames(current))
        members = current.exceptions if isinstance(current, BaseExceptionGroup) else ()
        waiting += [current.__cause__ or current.__context__, *reversed(members)]


def _frames(exc: BaseException) -> traceback.StackSummary:
    # Lines of code are not looked up: that would read files from disk.
    return traceback.StackSummary.extract(traceback.walk_tb(exc.__traceback__), lookup_lines=False)


REQUEST_PARTS = ("request_GET_items", "filtered_POST_items", "request_COOKIES_items", "request_FILES_items")


class BareExceptionReporter(ExceptionReporter):
    """Django's error report without messages of exceptions, local variables, settings and what the client sent."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        data |= {"exception_value": "(not shown)", "exception_notes": "", "unicode_hint": "", "postmortem": None}
        data |= {"request_meta": {}, "settings": {}, "template_info": None}
        data |= {part: [] for part in REQUEST_PARTS}
        if self.request is not None:
            data["request_insecure_uri"] = self.request.path
        return data

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        frames = super().get_traceback_frames()
        for frame in frames:
            frame["vars"] = []
            frame["exc_cause"] = None
        return frames
