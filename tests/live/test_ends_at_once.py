"""What was taken away is refused at the next request, whichever of the two processes answers it."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from tests.live.parallel import at_once
from tests.live.site import NO_TLS, Site

REQUESTS = 20
DEACTIVATE = """
from django.contrib.auth import get_user_model
get_user_model().objects.filter(username="deactivated").update(is_active=False)
"""


def statuses(site: Site, path: str, headers: dict[str, str]) -> Counter[int]:
    """The answers to requests at once, each on a connection of its own, so that both processes are asked."""

    def ask() -> int:
        return httpx.get(site.url + path, headers=headers, timeout=30, verify=NO_TLS).status_code

    return Counter(at_once([ask] * REQUESTS))


def everybody(status: int) -> Counter[int]:
    return Counter({status: REQUESTS})


def test_a_removed_member_is_out(site: Site) -> None:
    site.add_users("removed")
    project = site.demo["project"]
    path, headers = f"/api/v1/secrets?project_id={project}", site.headers("removed")
    with site.client("admin") as admin:
        added = admin.post(f"/api/v1/projects/{project}/members", json={"username": "removed", "role": "member"})
        assert statuses(site, path, headers) == everybody(200)
        assert admin.delete(f"/api/v1/projects/{project}/members/{added.json()['user_id']}").status_code == 204
    assert statuses(site, path, headers) == everybody(403)


def test_a_deactivated_user_is_out(site: Site) -> None:
    site.add_users("deactivated")
    headers = site.headers("deactivated")
    assert statuses(site, "/api/v1/secrets", headers) == everybody(200)
    site.manage("shell", "--no-imports", "--command", DEACTIVATE)
    assert statuses(site, "/api/v1/secrets", headers) == everybody(401)


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_a_revoked_token_is_out(site: Site, header: str) -> None:
    with site.client("member") as member:
        token = member.post("/api/v1/tokens", json={"name": "CI", "scopes": ["secrets:read"]}).json()
        headers = {header: {"Authorization": f"Bearer {token['token']}", "X-Api-Key": token["token"]}[header]}
        assert statuses(site, "/api/v1/secrets", headers) == everybody(200)
        assert member.delete(f"/api/v1/tokens/{token['id']}").status_code == 204
    assert statuses(site, "/api/v1/secrets", headers) == everybody(401)
