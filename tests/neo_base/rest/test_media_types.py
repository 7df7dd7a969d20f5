"""Media types of bodies: `application/json` in UTF-8; everything else is 415."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from neo_site.gateway import Gateway
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, PROJECTS, SECRETS, assert_problem

pytestmark = pytest.mark.once

BODY = {"name": "TOKEN", "value": CANARY}
RAW = json.dumps(BODY).encode()
FORM = f"name=TOKEN&value={CANARY}".encode()
MULTIPART = (
    f'--b\r\nContent-Disposition: form-data; name="value"\r\n\r\n{CANARY}\r\n'
    '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nTOKEN\r\n--b--\r\n'
).encode()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
        "application/json ; charset=utf-8",
        "application/json; profile=x",
        "application/json;",
    ],
)
def test_json_in_utf_8_is_taken(api: Api, member: Any, content_type: str) -> None:
    assert api(member).post(SECRETS, RAW, Content_Type=content_type).status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", RAW),
        ("application/x-www-form-urlencoded", FORM),
        ("application/x-www-form-urlencoded", RAW),
        ("multipart/form-data; boundary=b", MULTIPART),
        ("multipart/form-data", MULTIPART),
        ("text/plain", RAW),
        ("text/json", RAW),
        ("application/xml", b"<secret/>"),
        ("application/problem+json", RAW),
        ("application/merge-patch+json", RAW),
        ("application/vnd.api+json", RAW),
        ("application/jsonp", RAW),
        ("application/json, text/plain", RAW),
        ("application/*", RAW),
        ("*/*", RAW),
        (CANARY, RAW),
        ("application/octet-stream", RAW),
        ("application/json; charset=latin-1", RAW),
        ("application/json; charset=utf-16", json.dumps(BODY).encode("utf-16")),
        ("application/json; charset=utf-7", RAW),
        ("application/json; charset=utf-8-sig", RAW),
        ("application/json; charset=ascii", RAW),
        (f"application/json; charset={CANARY}", RAW),
        ("application/json; charset=", RAW),
        ("application/json; charset=rot13", RAW),
        ("application/json; charset=idna", RAW),
    ],
)
def test_everything_else_is_415(api: Api, member: Any, content_type: str, body: bytes) -> None:
    client, kept = api(member), make_secret(member, name="KEPT")
    for method, path in (("POST", SECRETS), ("POST", BATCH), ("POST", PROJECTS), ("PATCH", f"{SECRETS}/{kept.id}")):
        answer = client.request(method, path, body, Content_Type=content_type)
        assert_problem(answer, 415, "unsupported_media_type")
    assert Secret.objects.get().revision == kept.revision


@pytest.mark.parametrize(
    "content_type", ["application/json; charset*=utf-8''utf-8", "application/json; charset*=x''y", "x; a*=b''c"]
)
def test_a_parameter_in_the_extended_form_ends_no_request(db: None, content_type: str) -> None:
    # Django reads the header before an error handler of ours can respond.
    sent = RequestFactory().post(SECRETS, RAW, content_type="application/json", headers={"Authorization": "Bearer x"})
    statuses: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(status)

    environ = sent.META | {"CONTENT_TYPE": content_type, "wsgi.input": BytesIO(RAW)}
    b"".join(Gateway(WSGIHandler())(environ, start_response))
    assert statuses == ["401 Unauthorized"]


@pytest.mark.parametrize("content_type", ["", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_without_a_body_the_type_matters_to_nobody(api: Api, member: Any, content_type: str) -> None:
    client, secret = api(member), make_secret(member, default_available=True)
    assert_problem(client.post(SECRETS, b"", Content_Type=content_type), 400, "invalid")
    answer = client.patch(f"{SECRETS}/{secret.id}", b"", Content_Type=content_type)
    assert answer.json()["default_available"] is True


@pytest.mark.parametrize(
    ("codec", "status"),
    [("utf-8", 201), ("utf-8-sig", 400), ("utf-16", 400), ("utf-16-le", 400), ("utf-16-be", 400), ("utf-32", 400)],
)
def test_the_bytes_themselves_are_utf_8(api: Api, member: Any, codec: str, status: int) -> None:
    assert api(member).post(SECRETS, json.dumps(BODY).encode(codec)).status_code == status


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity"])
def test_a_content_encoding_is_not_undone(api: Api, member: Any, encoding: str) -> None:
    assert_problem(api(member).post(SECRETS, gzip.compress(RAW), Content_Encoding=encoding), 400, "invalid")
