"""The formatters: one line for each record, with the listed fields and no others."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
from typing import Any

import pytest

from neo_site.logs.formatters import JSONFormatter, TextFormatter
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY

pytestmark = pytest.mark.once

FORMATTERS = {"json": JSONFormatter(), "text": TextFormatter()}
TOKEN = "neo_sk_Zm9vYmFyLWJheg"


def record(message: Any, *args: Any, extra: dict[str, Any] | None = None, **given: Any) -> logging.LogRecord:
    made = logging.getLogger("neo_site").makeRecord("neo_site", logging.INFO, __file__, 1, message, args, None)
    made.__dict__ |= (extra or {}) | given
    return made


def failure(*, cause: Exception) -> Any:
    try:
        raise RuntimeError(CANARY) from cause
    except RuntimeError:
        return sys.exc_info()


def test_the_database_and_a_missing_module_say_why() -> None:
    said = failure(cause=sqlite3.OperationalError("no such table: secrets_app_secret"))
    assert json.loads(JSONFormatter().format(record("x", exc_info=said)))["database_says"].startswith("no such table: ")
    missing = (ModuleNotFoundError, ModuleNotFoundError(CANARY, name="django_otp"), None)
    line = json.loads(JSONFormatter().format(record("x", exc_info=missing)))
    assert (line["missing_module"], line["error"]) == ("django_otp", ["ModuleNotFoundError"])
    quoting = failure(cause=sqlite3.OperationalError(f"near {CANARY}: syntax error"))
    assert "database_says" not in json.loads(JSONFormatter().format(record("x", exc_info=quoting)))


@pytest.fixture(params=list(FORMATTERS.values()), ids=list(FORMATTERS))
def formatter(request: pytest.FixtureRequest) -> logging.Formatter:
    given: logging.Formatter = request.param
    return given


def test_json_has_the_fields_of_every_record() -> None:
    line = json.loads(JSONFormatter().format(record("it.happened times=%d", 3)))
    assert line.keys() == {"time", "level", "logger", "message"}
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "neo_site", "it.happened times=3")


def test_text_has_the_same_fields_in_a_row() -> None:
    line = TextFormatter().format(record("it.happened", extra={"status": 200, "duration": 0.01}))
    assert line.split(" ")[1:] == ["INFO", "neo_site", "it.happened", "status=200", "duration=0.01"]


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\r\nb", "a\x1b[31mb", "a\x00b", "a\x7fb", "a\x9b31mb", "a\u2028b", "a\u202eb", "a\ud800b"],
    ids=["newline", "CRLF", "ANSI", "NUL", "DEL", "CSI", "line separator", "right to left", "half a surrogate pair"],
)
def test_a_record_stays_one_line_and_cannot_steer_a_terminal(formatter: logging.Formatter, text: str) -> None:
    line = formatter.format(record("name=%s", text))
    assert line.splitlines() == [line]
    assert line.replace("\x7f", "").isprintable()
    line.encode()


@pytest.mark.parametrize(
    "leaking",
    [
        record("token %s", TOKEN),
        record("token %(token)s", {"token": TOKEN}),
        record(f"token {TOKEN}"),
        record({"token": TOKEN}),
        record("it.happened", extra={"token": TOKEN}),
        record("it.happened", extra={"headers": {"Authorization": f"Bearer {TOKEN}"}}),
    ],
    ids=["argument", "named argument", "template", "dictionary", "extra field", "nested field"],
)
def test_a_token_in_a_record_is_not_written(formatter: logging.Formatter, leaking: logging.LogRecord) -> None:
    assert TOKEN in f"{leaking.getMessage()} {leaking.__dict__}"
    assert TOKEN not in formatter.format(leaking)


@pytest.mark.parametrize(
    "leaking",
    [
        record(ValueError(CANARY)),
        record("failed: %s", ValueError(CANARY)),
        record("failed: %(error)s", {"error": ValueError(CANARY)}),
        record("failed", exc_info=failure(cause=ValueError(CANARY))),
        record("failed", exc_info=failure(cause=ValueError()), exc_text=f"RuntimeError: {CANARY}"),
        record("failed", stack_info=CANARY),
        record("%d times", CANARY),
    ],
    ids=["message", "argument", "named argument", "traceback", "kept text", "stack", "argument that does not fit"],
)
def test_messages_of_exceptions_are_not_written(formatter: logging.Formatter, leaking: logging.LogRecord) -> None:
    assert CANARY not in formatter.format(leaking)


def test_the_place_of_an_exception_is_written(formatter: logging.Formatter) -> None:
    line = formatter.format(record("failed", exc_info=failure(cause=KeyError("x"))))
    assert "RuntimeError" in line
    assert "KeyError" in line
    assert __file__ in line


def test_no_formatter_shows_a_plaintext(formatter: logging.Formatter) -> None:
    value = Plaintext(CANARY)
    line = formatter.format(record("value %s %r", value, [value], extra={"route": value}))
    assert CANARY not in line
    assert "<Plaintext>" in line


def test_a_stock_formatter_would_show_all_of_this() -> None:
    """The positive control."""
    stock = logging.Formatter()
    assert TOKEN in stock.format(record("token %s", TOKEN))
    assert CANARY in stock.format(record("failed", exc_info=failure(cause=ValueError(CANARY))))
