"""A site whose database does not answer: it lives, says that it is not ready, and refuses with a problem, soon."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.live.site import Site, reserve_port

pytestmark = pytest.mark.once

LONGEST_SECONDS = 3
MAKE_TOKEN = """
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from neo_site.signin.tokens import AccessToken
end = timezone.now() + timedelta(hours=1)
print(AccessToken.issue(session_id=uuid4(), subject="1", token_id=uuid4(), expires_at=end))
"""


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose DATABASE_URL names a port where nobody listens."""
    holder, port = reserve_port()
    directory = tmp_path_factory.mktemp("cut-off") / "data"
    site = Site(directory, DATABASE_URL=f"postgres://somebody:something@127.0.0.1:{port}/nothing")
    site.python("-m", "neo_site.keys", str(directory))
    site.start(wait_for="/livez")
    yield site
    assert site.stop() == 0, site.output.read_text()
    holder.close()


@pytest.fixture(scope="module")
def token(cut_off: Site) -> str:
    """A well-signed access token: whether its session stands, only the database knows."""
    return cut_off.manage("shell", "--no-imports", "--command", MAKE_TOKEN).strip()


def test_it_is_alive_and_not_ready(cut_off: Site) -> None:
    assert httpx.get(f"{cut_off.url}/livez").json() == {"status": "alive"}
    answer = httpx.get(f"{cut_off.url}/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "database": False, "migrations": False, "keyring": False}
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/secrets", None),
        ("POST", "/api/v1/secrets", {"name": "TOKEN", "value": "something-to-keep"}),
        ("POST", "/api/v1/secrets/batch", {"secrets": [{"name": "TOKEN", "value": "something-to-keep"}]}),
        ("GET", "/api/v1/projects", None),
        ("POST", "/api/v1/auth/token", {"username": "somebody", "password": "something"}),
        ("POST", "/api/v1/auth/sign-out-everywhere", {}),
    ],
)
def test_the_api_answers_soon_that_it_is_unavailable(
    cut_off: Site, token: str, method: str, path: str, body: dict[str, object] | None
) -> None:
    before = time.monotonic()
    answer = httpx.request(
        method, cut_off.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert time.monotonic() - before < LONGEST_SECONDS
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["code"] == "unavailable"


def test_the_output_names_the_fault_and_no_address(cut_off: Site, token: str) -> None:
    httpx.get(f"{cut_off.url}/api/v1/secrets", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    output = cut_off.output.read_text()
    assert "startup.database_unavailable" in output
    assert "something" not in output
    assert token not in output
    assert "Traceback" not in output
