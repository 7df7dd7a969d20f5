"""Malformed input of every content type, sent to every route that takes a body, leaves nothing of it anywhere."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.test import Client
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from neo_site.tracing.export import ListedExporter
from projects.models import Project
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import AuditEvent
from tests.authorization.routes import views_by_address
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.conftest import Log
from tests.cast import ApiClient, make_secret

pytestmark = pytest.mark.once

ADD_SECRET = "/admin/secrets_app/secret/add/"
BOUNDARY = "multipart/form-data; boundary=limit"


def part(head: str, value: str, end: str = "--limit--\r\n") -> bytes:
    return f"--limit\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n{end}".encode()


# A content type, and the body that is sent as it.
BODIES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "JSON that is cut": ("application/json", lambda value: f'{{"name": "NEW", "value": "{value}'.encode()),
    "JSON with half a character": ("application/json", lambda value: f'{{"value": "{value}'.encode() + b'\xc3"}'),
    "JSON in UTF-16": ("application/json", lambda value: f'{{"value": "{value}"}}'.encode("utf-16")),
    "JSON with a byte order mark": (
        "application/json",
        lambda value: b"\xef\xbb\xbf" + f'{{"value": "{value}"}}'.encode(),
    ),
    "JSON with a key twice": ("application/json", lambda value: f'{{"{value}": 1, "{value}": 2}}'.encode()),
    "JSON with NaN": ("application/json", lambda value: f'{{"value": "{value}", "x": NaN}}'.encode()),
    "JSON nested too deep": ("application/json", lambda value: (500 * "[" + f'"{value}"').encode()),
    "JSON of another charset": ("application/json; charset=utf-7", lambda value: f'{{"value": "{value}"}}'.encode()),
    "JSON in gzip": ("application/json", lambda value: gzip.compress(f'{{"value": "{value}"}}'.encode())),
    "JSON lines": ("application/x-ndjson", lambda value: f'{{"value": "{value}"}}\n'.encode()),
    "a merge patch": ("application/merge-patch+json", lambda value: f'{{"value": "{value}"}}'.encode()),
    "a form": ("application/x-www-form-urlencoded", lambda value: f"value={value}&%zz&=".encode()),
    "a form in JSON": ("application/json", lambda value: f"value={value}".encode()),
    "a multipart form": (BOUNDARY, lambda value: part('name="value"', value)),
    "a multipart form that is cut": (BOUNDARY, lambda value: part('name="value"', value, "")),
    "a multipart form without boundary": ("multipart/form-data", lambda value: part('name="value"', value)),
    "a multipart form of a wrong boundary": (
        "multipart/form-data; boundary=ö",
        lambda value: part('name="value"', value),
    ),
    "a multipart form with the value as its name": (BOUNDARY, lambda value: part(f'name="{value}"', "x")),
    "a file": (BOUNDARY, lambda value: part(f'name="new_value"; filename="{value}"', value)),
    "a multipart form in bad base64": (
        BOUNDARY,
        lambda value: part('name="value"\r\nContent-Transfer-Encoding: base64', value),
    ),
    "XML": ("application/xml", lambda value: f'<!DOCTYPE x [<!ENTITY e "{value}">]><x>&e;{value}'.encode()),
    "text": ("text/plain", str.encode),
    "bytes": ("application/octet-stream", lambda value: b"\x00\xff" + value.encode()),
    "YAML": ("application/yaml", lambda value: f"value: !!python/object {value}".encode()),
    "a type that is no type": ("nonsense", str.encode),
    "no type": ("", str.encode),
}


@pytest.fixture
def spans() -> Iterator[Callable[[], str]]:
    """`spans()`: every span of a request so far, as it leaves the process."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ListedExporter(memory)))
    DjangoInstrumentor().instrument(tracer_provider=provider)
    yield lambda: "\n".join(span.to_json() for span in memory.get_finished_spans())
    DjangoInstrumentor().uninstrument()


@pytest.fixture
def faults() -> Iterator[list[Any]]:
    """The exceptions that Django reported."""
    found: list[Any] = []

    def note(**arguments: Any) -> None:
        found.append(arguments)

    got_request_exception.connect(note)
    yield found
    got_request_exception.disconnect(note)


def routes(secret_id: Any, project_id: Any) -> list[tuple[str, str]]:
    """Return method and address of every route of the API that takes a body."""
    found = []
    for address, patterns in views_by_address().items():
        path = re.sub(r"<\w*:?project_id>", str(project_id), address)
        path = re.sub(r"<\w*:?user_id>", "1", path)
        path = re.sub(r"<int:\w+>", "1", path)
        path = re.sub(r"<[^>]*>", str(secret_id), path)
        for method in ("post", "patch", "put"):
            takers = [each for each in patterns if hasattr(getattr(each.callback, "cls", None), method)]
            found += [(method.upper(), f"/{path}") for _ in takers[:1]]
    return found


@pytest.mark.parametrize(("content_type", "body"), BODIES.values(), ids=BODIES)
def test_malformed_input_leaves_nothing(
    content_type: str,
    body: Callable[[str], bytes],
    project: Project,
    admin: Any,
    superuser: Any,
    canary: Canary,
    log: Log,
    spans: Callable[[], str],
    faults: list[Any],
) -> None:
    secret = make_secret(admin, project_id=project.id)
    sent, told = body(canary.value), []
    operator = Client(raise_request_exception=False)
    operator.force_login(superuser)
    member, nobody = ApiClient(admin), ApiClient(None)
    for method, path in routes(secret.id, project.id):
        told.append(member.request(method, path, sent, Content_Type=content_type))
    told.append(nobody.post("/api/v1/secrets", sent, Content_Type=content_type))
    told += [operator.generic("POST", page, sent, content_type) for page in (ADD_SECRET, "/accounts/login/")]
    assert len(told) > 20
    assert {answer.status_code for answer in told if answer.status_code >= 500} == set()
    assert faults == []
    recorder.settle(everything=True)
    assert canary.found_in(*(part for answer in told for part in places.answer(answer))) == []
    assert "api/v1/secrets" in spans()
    assert canary.found_in(spans()) == []
    assert canary.found_in(log()) == []
    rows = list(AuditEvent.objects.values())
    assert {row["event"] for row in rows} >= {"credential.refused"}
    assert canary.found_in(*rows) == []
