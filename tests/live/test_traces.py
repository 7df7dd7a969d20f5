"""A site that is traced, and the collector that its spans go to: what arrives there, byte by byte."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.canary.canary import Canary
from tests.live.site import ROOT, Site, prepared_site

TRACE = "0af7651916cd43dd8448eb211c80319c"
# What traces, and the client of Redis, which imports OpenTelemetry where it finds it; and what few requests need.
LATER = ("opentelemetry", "redis", "neo_site.tracing", "fido2", "qrcode", "oauthlib", "tqdm", "apscheduler", "boto3")
IMPORTED = f"""
import sys, neo_site.wsgi, neo_site.urls
print([name for name in sys.modules if name.startswith({LATER})])
"""


class Collector:
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        received: list[bytes] = []
        self.received = received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: it would fill the report of any failure."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def spans(self) -> list[Span]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.received]
        scopes = [scope for request in requests for part in request.resource_spans for scope in part.scope_spans]
        return [span for scope in scopes for span in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def test_spans_name_requests_and_statements_and_hold_no_input(collector: Collector, tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "data", NEO_OTEL_ENDPOINT=collector.url)
    site.start()
    canary, password = Canary(), site.demo["passwords"]["member"]
    run = canary.sought[0]
    noise = {"User-Agent": run, "Referer": run, "tracestate": f"vendor={run}", "baggage": f"value={run}"}
    noise["traceparent"] = f"00-{TRACE}-b7ad6b7169203331-01"
    with site.client("member") as client:
        client.headers.update(noise)
        created = client.post("/api/v1/secrets", json={"name": "TOKEN", "value": canary.value})
        assert created.status_code == 201
        # The constraint that is broken is named in the database's message.
        assert client.post("/api/v1/secrets", json={"name": "TOKEN", "value": canary.value}).status_code == 409
        assert client.get(f"/api/v1/secrets?value={run}").status_code == 400
        assert client.get(f"/api/v1/{run}").status_code == 404
        assert client.request(run.upper(), "/api/v1/secrets").status_code == 405
        assert client.get("/api/v1/secrets", headers={"Host": run}).status_code == 400
        assert client.get("/livez").status_code == 200
        bearer = client.headers["Authorization"].split()[1]
    assert httpx.get(f"{site.url}/api/v1/secrets", headers={"X-Api-Key": f"neo_sk_{run}"}).status_code == 401
    assert site.stop() == 0
    spans, everything = collector.spans(), b"".join(collector.received)
    names = {span.name for span in spans}
    assert {"POST api/v1/secrets", "GET api/v1/secrets", "INSERT secrets_app_secret"} <= names
    assert not [name for name in names if "livez" in name]
    assert TRACE in {span.trace_id.hex() for span in spans}
    ids = [each.value.string_value for span in spans for each in span.attributes if each.key == "neo.request_id"]
    assert created.headers["X-Request-Id"] in ids
    assert canary.found_in(everything, *spans) == []
    assert [text for text in (bearer, password) if text.encode() in everything] == []
    # The positive control: what arrives can be searched.
    assert b"secrets_app_secret" in everything


@pytest.mark.once
def test_without_the_setting_nothing_of_it_is_imported(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    site.python("-m", "neo_site.keys", str(site.directory))
    assert imported(site).strip() == "[]"
    site.environment["NEO_OTEL_ENDPOINT"] = "http://127.0.0.1:9/v1/traces"
    assert "opentelemetry.instrumentation.django" in imported(site)


def imported(site: Site) -> str:
    """Return what a new interpreter imports: one that is forked has imported libraries before."""
    command = [sys.executable, "-c", IMPORTED]
    return subprocess.run(command, cwd=ROOT, env=site.environment, capture_output=True, text=True, check=True).stdout
