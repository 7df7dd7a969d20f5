"""Only listed parts of a span leave the process, whatever else the instruments collect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.trace.span import NonRecordingSpan

from neo_site.configuration import tracing
from neo_site.tracing.export import ListedExporter
from tests.canary.canary import Canary
from tests.canary.conftest import canary

__all__ = ["canary"]

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
KINDS = [SpanKind.SERVER, SpanKind.CLIENT, SpanKind.INTERNAL]
Leak = Callable[[Span, str], object]
LEAKS: dict[str, Leak] = {
    "an address": lambda span, value: span.set_attribute("http.url", f"https://example.com/?value={value}"),
    "a target": lambda span, value: span.set_attribute("http.target", f"/api/v1/secrets?value={value}"),
    "a statement": lambda span, value: span.set_attribute("db.statement", f"SELECT '{value}' FROM {value}"),  # noqa: S608
    "a newer statement": lambda span, value: span.set_attribute("db.query.text", f'{value} FROM "{value}"'),
    "parameters": lambda span, value: span.set_attribute("db.statement.parameters", f"('{value}',)"),
    "a header": lambda span, value: span.set_attribute("http.request.header.authorization", [f"Bearer {value}"]),
    "a method": lambda span, value: span.set_attribute("http.method", value),
    "a name": lambda span, value: span.update_name(f"GET /{value}"),
    "an exception": lambda span, value: span.record_exception(ValueError(value)),
    "an event": lambda span, value: span.add_event(value, {"value": value}),
    "a status": lambda span, value: span.set_status(Status(StatusCode.ERROR, value)),
    "a link": lambda span, value: span.add_link(SpanContext(1, 1, is_remote=True), {"value": value}),
    "whatever comes": lambda span, value: span.set_attribute("some.new.thing", value),
}


def exported(leak: Leak, value: str, kind: SpanKind, *, listed: bool) -> str:
    """Return everything that the next exporter sees of a span."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ListedExporter(memory) if listed else memory))
    state = TraceState([("vendor", value.encode().hex())])
    parent = set_span_in_context(
        NonRecordingSpan(SpanContext(1, 1, is_remote=True, trace_flags=SAMPLED, trace_state=state))
    )
    with provider.get_tracer("tests").start_as_current_span(
        "GET", parent, kind, links=[Link(SpanContext(2, 2, True))]
    ) as span:
        leak(span, value)
    (found,) = memory.get_finished_spans()
    return shown(found)


def shown(span: ReadableSpan) -> str:
    return f"{span.to_json()} {span.status.description} {span.context} {span.parent} {span.links} {span.events}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_what_is_not_listed_is_not_exported(leak: Leak, kind: SpanKind, canary: Canary) -> None:
    assert canary.found_in(exported(leak, canary.value, kind, listed=True)) == []


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_without_the_list_it_would_be_exported(leak: Leak, canary: Canary) -> None:
    """The positive control."""
    assert canary.found_in(exported(leak, canary.value, SpanKind.SERVER, listed=False))


def test_a_request_is_named_by_method_and_route(canary: Canary) -> None:
    def answer(span: Span, _: str) -> None:
        span.set_attributes({"http.method": "GET", "http.route": "api/v1/secrets", "http.status_code": 200})

    found = exported(answer, "", SpanKind.SERVER, listed=True)
    assert '"name": "GET api/v1/secrets"' in found
    assert '"http.status_code": 200' in found


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ('SELECT "a" FROM "secrets_app_secret" WHERE "name" = %s', "SELECT secrets_app_secret"),
        ('INSERT INTO "secrets_app_secret" VALUES (%s)', "INSERT secrets_app_secret"),
        ('UPDATE "secrets_app_secret" SET "name" = %s', "UPDATE secrets_app_secret"),
        ("SELECT 1", "SELECT"),
        ("SELECT * FROM elsewhere", "SELECT"),
        ("VACUUM", "SQL"),
        ("", "SQL"),
    ],
)
def test_a_statement_is_named_by_verb_and_table(statement: str, name: str) -> None:
    found = exported(lambda span, _: span.set_attribute("db.statement", statement), "", SpanKind.CLIENT, listed=True)
    assert f'"name": "{name}"' in found


def read(url: str) -> str:
    env: Any = FileAwareEnv()
    env.ENVIRON = {"NEO_OTEL_ENDPOINT": url}
    return tracing.otel_endpoint(env)


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:4318/v1/traces", "https://collector.example.com/v1/traces"])
def test_an_endpoint_is_accepted(url: str) -> None:
    assert read(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "collector",
        "grpc://collector:4317",
        "http://",
        "http://me:hunter2@collector",
        "http://c/?token=hunter2",
        "http://c:x",
    ],
)
def test_any_other_endpoint_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_OTEL_ENDPOINT must be") as refused:
        read(url)
    assert "hunter2" not in str(refused.value)


def test_without_the_packages_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neo_site.configuration.tracing.find_spec", lambda _: None)
    with pytest.raises(ImproperlyConfigured, match="needs requirements-otel"):
        read("http://127.0.0.1:4318/v1/traces")
