"""The life of a secret over HTTP, as a client of the real site sees it."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.databases import files_of
from tests.live.leaks import leaks, spellings
from tests.live.site import Site

TOKEN = "ghp_" + 36 * "x"
CREATE = {"name": "GITHUB_TOKEN", "value": TOKEN, "default_available": True}
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def ann(site: Site) -> Iterator[httpx.Client]:
    """A new user's client."""
    site.add_users("ann")
    with site.client("ann") as client:
        yield client


@pytest.fixture
def created(ann: httpx.Client) -> Iterator[dict[str, Any]]:
    """The answer to the creation of a secret, which goes again after the test."""
    answer = ann.post("/api/v1/secrets", json=CREATE)
    assert answer.status_code == 201, answer.text
    yield answer.json()
    ann.delete(f"/api/v1/secrets/{answer.json()['id']}")


@pytest.fixture
def connection(site: Site, ann: httpx.Client) -> Iterator[http.client.HTTPConnection]:
    """One connection, opened, that the tests can watch."""
    opened = http.client.HTTPConnection("127.0.0.1", site.port, timeout=300)
    opened.connect()
    yield opened
    opened.close()


def send_chunked(
    connection: http.client.HTTPConnection, site: Site, chunks: Iterator[bytes]
) -> tuple[int, str, dict[str, Any]]:
    """Status, media type and body of the answer to a POST without a Content-Length."""
    headers = {**site.headers("ann"), "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/api/v1/secrets", body=chunks, headers=headers, encode_chunked=True)
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], json.loads(answer.read())


def test_a_created_secret_is_answered_as_the_contract_says(created: dict[str, Any]) -> None:
    secret = dict(created)
    assert secret.pop("created_at") == secret.pop("updated_at")
    assert len(secret.pop("id")) == 36
    assert secret == {
        "name": "GITHUB_TOKEN",
        "masked_value": "ghp••••••••xxxx",
        "default_available": True,
        "created_by_agent": False,
        "project_id": None,
    }


def test_a_secret_is_listed_changed_and_deleted(ann: httpx.Client, created: dict[str, Any]) -> None:
    address = f"/api/v1/secrets/{created['id']}"
    listed = ann.get("/api/v1/secrets").json()
    assert (listed["count"], listed["next"], listed["previous"]) == (len(listed["results"]), None, None)
    assert created.items() <= next(secret for secret in listed["results"] if secret["id"] == created["id"]).items()
    changed = ann.patch(address, json={"default_available": False})
    assert (changed.status_code, changed.json()["default_available"]) == (200, False)
    assert ann.delete(address).status_code == 204
    assert ann.get(address).status_code == 404
    assert created["id"] not in ann.get("/api/v1/secrets").text


def test_a_chunked_body_is_read(connection: http.client.HTTPConnection, site: Site) -> None:
    body = json.dumps({"name": "CHUNKED", "value": TOKEN}).encode()
    status, _, secret = send_chunked(connection, site, (body[i : i + 7] for i in range(0, len(body), 7)))
    assert (status, secret["masked_value"]) == (201, "ghp••••••••xxxx")


@pytest.mark.parametrize("length", [MEBIBYTE + 1, 9 * MEBIBYTE])
def test_a_too_large_chunked_body_is_413_and_keeps_the_connection(
    connection: http.client.HTTPConnection, site: Site, length: int
) -> None:
    socket = connection.sock
    chunks = (bytes(min(2**16, length - sent)) for sent in range(0, length, 2**16))
    status, content_type, problem = send_chunked(connection, site, chunks)
    assert (status, content_type, problem["status"]) == (413, "application/problem+json", 413)
    connection.request("GET", "/api/v1/secrets", headers=site.headers("ann"))
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["previous"]) == (200, None)
    assert connection.sock is socket


def test_a_body_nobody_reads_leaves_the_connection_usable(connection: http.client.HTTPConnection, site: Site) -> None:
    socket = connection.sock
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v1/secrets", body=bytes(MEBIBYTE + 1), headers=headers)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (401, 401)
    connection.request("GET", "/livez")
    assert connection.getresponse().status == 200
    assert connection.sock is socket


def test_neither_a_file_nor_the_output_holds_the_value(site: Site, created: dict[str, Any]) -> None:
    written = [*files_of(site.directory, site.environment.get("DATABASE_URL", "")), site.output]
    # What is stored in the clear is found there, so the right files are read.
    assert leaks(created["name"], written)
    assert leaks("ghp_xxxx", written) == []


@pytest.mark.parametrize("spelling", spellings("ghp_xxxx").values(), ids=spellings("ghp_xxxx"))
def test_a_planted_leak_is_found(tmp_path: Path, spelling: bytes) -> None:
    planted = tmp_path / "planted"
    planted.write_bytes(b"before" + spelling + b"behind")
    assert leaks("ghp_xxxx", [planted])


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_planted_leak_is_found_at_any_place_of_a_base64_text(tmp_path: Path, before: str) -> None:
    planted = tmp_path / "planted"
    planted.write_bytes(base64.b64encode(f"{before}ghp_xxxxbehind".encode()))
    assert leaks("ghp_xxxx", [planted])
