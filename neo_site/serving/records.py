"""The log line and the metrics of a request that Django never sees."""

from __future__ import annotations

import logging
import time

from django.conf import settings

# The logger of all requests.
logger = logging.getLogger("neo_site.logs.requests")


def note_answer(
    *, method: str, route: str, status: int, began: float, request_id: str | None = None, reason: str | None = None
) -> None:
    """Log and count an answer to a request that began at `began`, on the clock of `time.perf_counter`."""
    from neo_site.logs.requests import METHODS

    seconds = time.perf_counter() - began
    known = method if method in METHODS else "other"
    level = logging.WARNING if status >= 500 else logging.DEBUG if route == "livez" else logging.INFO
    extra = {"method": known, "route": route, "status": status, "duration": round(seconds, 6)}
    logger.log(level, "request.answered", extra=extra | {"request_id": request_id, "reason": reason})
    if settings.NEO_METRICS_TOKEN:
        from neo_site.metrics.instruments import count_request

        count_request(known, route, status, seconds, reason)
