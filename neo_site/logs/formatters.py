"""Formatters that write a record as one line: of JSON for programs, of text for people at a terminal.

Both write the fields named here and nothing else that a record carries; credentials are redacted, and an exception is
its type and its places in the code, and what the database said, without values. Control characters are escaped, so that
no record can forge another or steer a terminal.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from neo_base.database_messages import message_of
from neo_site.error_reports import places
from neo_site.logs.redaction import redacted
from neo_site.logs.requests import current_request

REQUEST_FIELDS = ("request_id", "method", "route", "status", "reason", "duration", "user_id", "credential")
ERROR_FIELDS = ("error", "database_says", "missing_module")


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is written of a record. Its own fields about the request win over those of the current request."""
    known = current_request() | record.__dict__
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": redacted(_message(record)),
    }
    found |= {name: known[name] for name in REQUEST_FIELDS if known.get(name) is not None}
    if record.exc_info and record.exc_info[1]:
        found |= _of_error(record.exc_info[1])
    return found


def _of_error(error: BaseException) -> dict[str, Any]:
    """Return where an exception was raised, what the database said and which module is missing."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    found = zip(ERROR_FIELDS, (list(places(error)), redacted(message_of(error)), missing), strict=True)
    return {name: value for name, value in found if value}


def _message(record: logging.LogRecord) -> str:
    """Return the message as `getMessage` would, with exceptions as their types. Arguments that do not fit the template
    are left out; `getMessage` would raise, and logging print them on standard error."""
    template, args = str(_without_message(record.msg)), record.args
    if isinstance(args, Mapping):
        args = {name: _without_message(value) for name, value in args.items()}
    elif args:
        args = tuple(map(_without_message, args))
    try:
        return template % args if args else template
    except (KeyError, TypeError, ValueError):
        return template


def _without_message(thing: object) -> object:
    return type(thing).__name__ if isinstance(thing, BaseException) else thing


class JSONFormatter(logging.Formatter):
    """A formatter for programs: a JSON object on each line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields(record), default=str)


class TextFormatter(logging.Formatter):
    """A formatter for people: time, level, logger and message, then `name=value` for the rest."""

    def format(self, record: logging.LogRecord) -> str:
        found = fields(record)
        line = " ".join(str(found.pop(name)) for name in ("time", "level", "logger", "message"))
        return _printable(" ".join([line, *(f"{name}={value}" for name, value in found.items())]))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
