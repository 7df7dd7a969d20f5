"""The instruments of OpenTelemetry, installed once per process, before Django makes its handler."""

from __future__ import annotations

from multiprocessing.util import Finalize

from django.conf import settings
from django.http import HttpRequest
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from neo_base.rest.request_ids import request_id_of
from neo_site.tracing.export import REQUEST_ID, ListedExporter


def begin() -> None:
    """Trace requests and statements from now on, and send what `export.py` lets pass to NEO_OTEL_ENDPOINT.

    Sampling, headers and the name of the service are OpenTelemetry's own variables, `OTEL_…`.
    """
    provider = TracerProvider()
    provider.add_span_processor(
        BatchSpanProcessor(ListedExporter(OTLPSpanExporter(endpoint=settings.NEO_OTEL_ENDPOINT)))
    )
    trace.set_tracer_provider(provider)
    # Send what is left when a worker ends: workers end without running `atexit`.
    Finalize(None, provider.shutdown, exitpriority=1)
    # Of the two headers only the trace context: baggage is free text from the client.
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    DjangoInstrumentor().instrument(request_hook=_name_the_request)
    PsycopgInstrumentor().instrument(skip_dep_check=True)
    SQLite3Instrumentor().instrument()


def _name_the_request(span: Span, request: HttpRequest) -> None:
    if span.is_recording():
        span.set_attribute(REQUEST_ID, request_id_of(request))
