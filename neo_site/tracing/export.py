"""The filter of traces: only listed attributes, and names made of them, leave the process.

The instruments collect addresses with their queries, statements, messages of exceptions, and whatever a later version
adds. So this is a list of what passes, and not of what is removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, Status

from neo_site.logs.requests import METHODS

REQUEST_ID = "neo.request_id"
# The names of OpenTelemetry's newer and of its older conventions.
METHOD = ("http.request.method", "http.method")
LISTED = {
    *METHOD,
    "http.route",
    "http.response.status_code",
    "http.status_code",
    "url.scheme",
    "http.scheme",
    "db.system",
    "db.system.name",
    "error.type",
    REQUEST_ID,
}
STATEMENT = ("db.query.text", "db.statement")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "WITH", "SET")
TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)"?')


class ListedExporter(SpanExporter):
    """An exporter that passes the listed parts of spans on to another exporter."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_listed(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _listed(span: ReadableSpan) -> ReadableSpan:
    given = span.attributes or {}
    kept: dict[str, Any] = {name: value for name, value in given.items() if name in LISTED}
    kept |= {name: "_OTHER" for name in METHOD if name in kept and kept[name] not in METHODS}
    return ReadableSpan(
        name=_request_name(kept) if span.kind == SpanKind.SERVER else _statement_name(given),
        context=_without_state(span.context),
        parent=_without_state(span.parent),
        resource=span.resource,
        attributes=kept,
        events=[_bare(event) for event in span.events],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _request_name(kept: Mapping[str, Any]) -> str:
    method = next((kept[name] for name in METHOD if name in kept), "HTTP")
    return f"{method} {kept.get('http.route', '')}".strip()


def _statement_name(given: Mapping[str, Any]) -> str:
    """Return the verb of a statement and its first table, each only if it is one that this site uses."""
    statement = str(next((given[name] for name in STATEMENT if name in given), ""))
    verb = statement.lstrip("( \n").partition(" ")[0].strip().upper()
    tables = [table for table in TABLE.findall(statement) if table in _tables()]
    return " ".join([verb if verb in VERBS else "SQL", *tables[:1]])


@cache
def _tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_models(include_auto_created=True))


def _bare(event: Event) -> Event:
    """Return the event of an exception with its type and no message; of any other event only that it happened."""
    kind = (event.attributes or {}).get("exception.type")
    if event.name != "exception" or kind is None:
        return Event("event", timestamp=event.timestamp)
    return Event("exception", {"exception.type": kind}, event.timestamp)


def _without_state(context: SpanContext | None) -> SpanContext | None:
    """Return the context without its trace state, which is free text that a client sends along with the ids."""
    return context and SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
