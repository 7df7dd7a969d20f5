"""What was taken away is refused at the next request, whichever of the two processes answers it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from tests.live.parallel import at_once
from tests.live.site import NO_TLS, Site

REQUESTS = 10
SCOPES = ["secrets:read", "secrets:write", "projects:read", "projects:write", "runtime:use"]
NEW_PASSWORD = "another password for this one"
CHANGE_PASSWORD = f"""
from django.contrib.auth import get_user_model
user = get_user_model().objects.get(username="robbed")
user.set_password({NEW_PASSWORD!r})
user.save()
"""
DEACTIVATE = """
from django.contrib.auth import get_user_model
get_user_model().objects.filter(username="deactivated").update(is_active=False)
"""


def statuses(site: Site, path: str, headers: dict[str, str], method: str = "GET") -> Counter[int]:
    """The answers to requests at once, each on a connection of its own, so that both processes are asked."""

    def ask() -> int:
        return httpx.request(method, site.url + path, headers=headers, timeout=30, verify=NO_TLS).status_code

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


class Thief:
    """Somebody with a stolen access token, who makes with it everything that it can make."""

    def __init__(self, site: Site, access: str) -> None:
        self.site = site
        self.access = {"Authorization": f"Bearer {access}"}
        project = {"project_id": self.make("projects", self.access, {"name": "Taken"})["project"]["id"]}
        tokens = [{"name": "everything"}, {"name": "one project", **project}]
        self.tokens = [self.bearer("tokens", self.access, {"scopes": SCOPES, **each}) for each in tokens]
        bodies: list[dict[str, str]] = [{}, project]
        self.grants = [self.bearer("task-grants", self.access, {"ttl": 86_400, **body}) for body in bodies]
        whose = [(self.tokens[0], {}), (self.tokens[0], project), (self.tokens[1], project)]
        self.grants_of_tokens = [self.bearer("task-grants", token, {"ttl": 86_400, **body}) for token, body in whose]
        self.in_project = f"/api/v1/secrets?project_id={project['project_id']}"

    def make(self, path: str, headers: dict[str, str], body: dict[str, object]) -> dict[str, Any]:
        answer = httpx.post(f"{self.site.url}/api/v1/{path}", headers=headers, json=body, timeout=30, verify=NO_TLS)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def bearer(self, path: str, headers: dict[str, str], body: dict[str, object]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.make(path, headers, body)['token']}"}

    def answers(self) -> dict[str, Counter[int]]:
        """What both processes answer: to the access token, tokens, grants, and the grants of the tokens."""
        environment = "/api/v1/runtime/environment"
        reads = [("access", self.access), *(("tokens", each) for each in self.tokens)]
        uses = [*(("grants", each) for each in self.grants), *(("theirs", each) for each in self.grants_of_tokens)]
        asked = [(name, statuses(self.site, self.in_project, headers)) for name, headers in reads]
        asked += [(name, statuses(self.site, environment, headers, "POST")) for name, headers in uses]
        found: dict[str, Counter[int]] = {}
        for name, counted in asked:
            found[name] = found.get(name, Counter()) + counted
        return found


def test_nothing_a_thief_made_outlives_the_owners_answer_to_it(site: Site) -> None:
    site.add_users("robbed")
    thief = Thief(site, site.sign_in("robbed")["access"])
    number = {"access": 1, "tokens": 2, "grants": 2, "theirs": 3}
    assert thief.answers() == {name: Counter({200: REQUESTS * count}) for name, count in number.items()}

    site.manage("shell", "--no-imports", "--command", CHANGE_PASSWORD)
    lives = {"tokens", "theirs"}
    expected = {name: Counter({200 if name in lives else 401: REQUESTS * count}) for name, count in number.items()}
    assert thief.answers() == expected

    named = sign_out_everywhere(site, {})
    assert {token["name"] for token in named["service_tokens"]} == {"everything", "one project"}
    assert thief.answers() == expected

    ended = sign_out_everywhere(site, {"end_service_tokens": True})
    assert (ended["service_tokens_ended"], ended["service_tokens"]) == (2, [])
    assert thief.answers() == {name: Counter({401: REQUESTS * count}) for name, count in number.items()}


def sign_out_everywhere(site: Site, body: dict[str, bool]) -> dict[str, Any]:
    """Sign in as the owner, with the new password, and sign out everywhere."""
    credentials = {"username": "robbed", "password": NEW_PASSWORD}
    with httpx.Client(base_url=f"{site.url}/api/v1/auth", timeout=30, verify=NO_TLS) as client:
        access = client.post("/token", json=credentials).json()["access"]
        answer = client.post("/sign-out-everywhere", json=body, headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said
