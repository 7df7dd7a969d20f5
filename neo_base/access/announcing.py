"""Announcements: signals that are sent after the change that they announce has been committed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal


def announce(signal: Signal, sender: type, **arguments: Any) -> None:
    """Send `signal` once the current transaction has committed. A receiver that fails undoes nothing."""
    if signal.has_listeners(sender):
        transaction.on_commit(partial(signal.send_robust, sender=sender, **arguments))
