"""A canary of each test's own, and the log as an operator would read it, as detailed as it gets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.db import connection

from neo_site.logs.formatters import JSONFormatter
from tests.canary.canary import Canary

Log = Callable[[], str]


@pytest.fixture
def canary() -> Canary:
    return Canary()


@pytest.fixture
def log() -> Iterator[Log]:
    """`log()`: the lines so far, at DEBUG for every logger whose level the site does not set; SQL is among them."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    root = logging.getLogger()
    names = {name for name in logging.root.manager.loggerDict if name.split(".")[0] != "faker"}
    set_by_the_site = {name for name, given in settings.LOGGING["loggers"].items() if "level" in given}
    loggers = [root, *(logging.getLogger(name) for name in names - set_by_the_site)]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    yield stream.getvalue
    connection.force_debug_cursor = False
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    root.removeHandler(handler)
