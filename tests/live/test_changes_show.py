"""What decides is read at each request: changes in the database show at the next one, in both processes and ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.live.databases import ON_POSTGRESQL
from tests.live.parallel import at_once
from tests.live.site import NO_TLS, TWO_WORKERS, Site, prepared_site

pytestmark = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite knows one way.")

SECRETS = "/api/v1/secrets"
EACH = 8
WELL, UNKNOWN, REFUSED, GONE = (Counter({status: EACH}) for status in (200, 401, 403, 404))

LOWER = "UPDATE projects_membership SET role = 'viewer' FROM auth_user u WHERE user_id = u.id AND username = 'member'"
RAISE = "UPDATE projects_membership SET role = 'member' FROM auth_user u WHERE user_id = u.id AND username = 'member'"
LEAVE = """
    CREATE TABLE kept AS SELECT m.* FROM projects_membership m JOIN auth_user u ON user_id = u.id
    WHERE username = 'member';
    DELETE FROM projects_membership WHERE id IN (SELECT id FROM kept)
"""
RETURN = "INSERT INTO projects_membership SELECT * FROM kept"
USER = "UPDATE auth_user SET {} WHERE username = 'member'"
SESSION = "UPDATE neo_signin_session SET {} FROM auth_user u WHERE user_id = u.id AND username = 'member'"
# What is done, how get, list and change are answered then, and what undoes it.
CHANGES = [
    (LOWER, [WELL, WELL, REFUSED], RAISE),
    (LEAVE, [GONE, REFUSED, GONE], RETURN),
    (USER.format("is_active = false"), [UNKNOWN] * 3, USER.format("is_active = true")),
    (USER.format("password = 'x' || password"), [UNKNOWN] * 3, USER.format("password = substr(password, 2)")),
    (SESSION.format("revoked_at = now()"), [UNKNOWN] * 3, "SELECT 1"),
    (SESSION.format("expires_at = now()"), [UNKNOWN] * 3, "SELECT 1"),
]
KEYS = """
    SELECT DISTINCT k.state FROM secrets_app_secret s JOIN secrets_app_datakey k ON k.id = s.data_key_id
    WHERE s.name LIKE 'LATER%'
"""


@pytest.fixture(params=["true", "false"], ids=["quick", "plain"])
def two_workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    site = prepared_site(tmp_path / "data", NEO_QUICK_WAY=request.param, **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0


def answers(site: Site, method: str, path: str, *bodies: Any) -> Counter[int]:
    """How these requests at once are answered, each on a connection of its own: the system spreads them."""
    ask = partial(httpx.request, method, site.url + path, headers=site.headers("member"), timeout=60, verify=NO_TLS)
    return Counter(answer.status_code for answer in at_once([partial(ask, json=body) for body in bodies]))


def test_each_change_shows_at_the_next_request(two_workers: Site) -> None:
    site, project = two_workers, two_workers.demo["project"]
    shared = {"value": "a-value-that-never-comes-back", "project_id": project}
    with site.client("admin") as admin:
        one = f"{SECRETS}/{admin.post(SECRETS, json={**shared, 'name': 'SHARED'}).json()['id']}"
    asked = [("GET", one, None), ("GET", f"{SECRETS}?project_id={project}", None), ("PATCH", one, {"description": "x"})]

    def seen() -> list[Counter[int]]:
        return [answers(site, method, path, *[body] * EACH) for method, path, body in asked]

    with psycopg.connect(site.environment["DATABASE_URL"], autocommit=True) as database:
        assert seen() == [WELL] * 3
        for change, shown, undo in CHANGES:
            database.execute(change)
            assert seen() == shown, change
            database.execute(undo)
            site._tokens.clear()
            assert seen() == [WELL] * 3, undo
        database.execute("UPDATE secrets_app_datakey SET state = 'retiring'")
        created = answers(site, "POST", SECRETS, *[{**shared, "name": f"LATER_{number}"} for number in range(EACH)])
        assert created == Counter({201: EACH})
        assert database.execute(KEYS).fetchall() == [("active",)]
