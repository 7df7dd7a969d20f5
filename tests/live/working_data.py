"""Hooks of schemathesis: each operation is asked about something that exists, with a credential that it takes.

Only what schemathesis means to be right is replaced; what it means to be wrong is sent as it made it. Without this, an
operation whose address names something, or whose token comes by mail, would be seen as 401, 403 or 404 alone. The first
request to each operation is a plain one that has to succeed, so that no chance decides whether it is seen as 2xx.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.generation.modes import GenerationMode

from neo_base.rest.idempotency import PATTERN

# What tests/live/test_schemathesis.py says: address, output of the site, users and their password, a device code, file
# of answers.
KNOWN = json.loads(os.environ["NEO_TEST_EXAMINATION"])
TOKEN_OF_INVITATION = re.compile(r"^    ([\w-]{43})$", re.MULTILINE)
NUMBERS = count()
ASKED: set[str] = set()
IDEMPOTENCY_KEY = "Idempotency-Key"
SAME_PASSWORD = {"current_password": KNOWN["password"], "new_password": KNOWN["password"]}
OF_DEVICE = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
NEW_TOKEN = {"name": "Examined", "scopes": ["secrets:read"]}


class Data(NamedTuple):
    """What makes a request a good one; None leaves what schemathesis has made."""

    path: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    bearer: str | None = None
    plain: dict[str, Any] | None = None
    """What else the body of the first request holds, in place of all that schemathesis has made."""


class _Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    if case.meta is None:
        return
    _replace_key(case)
    if case.meta.phase.name is TestPhase.STATEFUL:
        return
    operation = case.operation.definition.raw["operationId"]
    data = WORKING_DATA.get(operation, Data)()
    # Before anything is replaced: schemathesis then judges anew what is meant well.
    is_good = case.meta.generation.mode is GenerationMode.POSITIVE
    # A location that was taken from an example of the document, or from an answer, is no component.
    meant_well = {location for location in ParameterLocation if not _is_meant_ill(case, location)}
    # If another header is meant ill, the request would carry the examiner's own credential, and end their sessions.
    is_about_another = getattr(case.meta.phase.data, "parameter", None) not in (None, "Authorization")
    takes_bearer = is_about_another or not _is_meant_ill(case, ParameterLocation.HEADER)
    if is_good and operation not in ASKED:
        ASKED.add(operation)
        case.query.clear()
        if isinstance(case.body, dict | list):
            case.body = {**(data.plain or {}), **(data.body or {})}
    elif data.body and ParameterLocation.BODY in meant_well and isinstance(case.body, dict):
        case.body.update(data.body)
    if data.path and ParameterLocation.PATH in meant_well:
        case.path_parameters.update(data.path)
    if data.bearer and takes_bearer:
        # Later than the headers of the command line, and so in their place.
        kwargs["auth"] = _Bearer(data.bearer)


def _replace_key(case: Any) -> None:
    """Let each good key be a new one: one that came with another body is refused, and schemathesis likes short ones."""
    key = case.headers.get(IDEMPOTENCY_KEY)
    if key is None or not re.fullmatch(PATTERN, key.strip(" \t")):
        return
    if not _is_meant_ill(case, ParameterLocation.HEADER):
        case.headers[IDEMPOTENCY_KEY] = f"examined-{next(NUMBERS)}"
    elif key != key.strip(" \t"):
        # Space around a header is no part of it (RFC 9110), so that this one would be a good one.
        case.headers[IDEMPOTENCY_KEY] = "not one"


def after_call(context: Any, case: Any, response: Any) -> None:
    with Path(KNOWN["answers"]).open("a") as answers:
        answers.write(f"{case.operation.definition.raw['operationId']} {response.status_code}\n")


def _is_meant_ill(case: Any, location: ParameterLocation) -> bool:
    component = case.meta.components.get(location)
    return component is not None and component.mode is GenerationMode.NEGATIVE


def _ask(method: str, path: str, body: dict[str, Any] | None = None, *, user: str = "examiner") -> Any:
    """Return the body of an answer, which has to be a good one."""
    answer = _client(user).request(method, f"/api/v1/{path}", json=body)
    answer.raise_for_status()
    return answer.json() if answer.content else None


@cache
def _client(user: str) -> httpx.Client:
    return httpx.Client(
        base_url=KNOWN["url"], headers={"Authorization": f"Bearer {_session(user)['access']}"}, timeout=60
    )


def _session(user: str) -> Any:
    credentials = {"username": user, "password": KNOWN["password"]}
    return httpx.post(f"{KNOWN['url']}/api/v1/auth/token", json=credentials, timeout=60).raise_for_status().json()


def _project(*, user: str = "examiner") -> str:
    """A new project of the user."""
    return str(_ask("POST", "projects", {"name": "Examined"}, user=user)["project"]["id"])


def _project_with_colleague() -> tuple[str, str]:
    project = _project()
    body = {"username": "colleague", "role": "admin"}
    return project, str(_ask("POST", f"projects/{project}/members", body)["user_id"])


def _secret(**columns: Any) -> str:
    """A new secret in a project that the examined operations keep."""
    return str(_ask("POST", "secrets", {**_new_secret(), "project_id": _kept_project(), **columns})["id"])


def _new_secret() -> dict[str, Any]:
    return {"name": f"EXAMINED_{next(NUMBERS)}", "value": "a value of 0123456789"}


def _secret_with_former_version() -> str:
    secret = _secret()
    _ask("PATCH", f"secrets/{secret}", {"value": "another value of 0123456789"})
    return secret


def _grant() -> Any:
    return _ask("POST", "task-grants", {"scopes": ["secrets:create"]})


def _invitation_of_examiner() -> str:
    """The token of an invitation, which only the mail holds: the development profile prints it."""
    body = {"email": "examiner@example.com", "role": "viewer"}
    _ask("POST", f"projects/{_project(user='colleague')}/invitations", body, user="colleague")
    return str(TOKEN_OF_INVITATION.findall(Path(KNOWN["output"]).read_text())[-1])


def _service_token() -> str:
    """A new one; those that the examined operations made are revoked, as a user has no more than a hundred."""
    for token in _ask("GET", "tokens?limit=100")["results"]:
        _ask("DELETE", f"tokens/{token['id']}")
    return str(_ask("POST", "tokens", NEW_TOKEN)["id"])


@cache
def _kept_project() -> str:
    return _project()


@cache
def _kept_secret() -> str:
    return _secret()


@cache
def _kept_grant() -> Any:
    return _grant()


def _in_project() -> Data:
    return Data(path={"project_id": _kept_project()})


def _of_secret() -> Data:
    return Data(path={"secret_id": _kept_secret()})


def _of_invitation() -> Data:
    project = _kept_project()
    body = {"email": f"guest{next(NUMBERS)}@example.com", "role": "viewer"}
    made = _ask("POST", f"projects/{project}/invitations", body)
    return Data(path={"project_id": project, "invitation_id": made["id"]})


def _of_colleague(**plain: Any) -> Data:
    project, user_id = _project_with_colleague()
    return Data(path={"project_id": project, "user_id": user_id}, plain=plain)


def _to_colleague() -> Data:
    project, user_id = _project_with_colleague()
    return Data(path={"project_id": project}, body={"user_id": int(user_id)})


def _of_session() -> Data:
    pair = _session("leaver")
    headers = {"Authorization": f"Bearer {pair['access']}"}
    (current,) = [each for each in _sessions(headers) if each["is_current"]]
    return Data(path={"session_id": current["id"]}, bearer=pair["access"])


def _sessions(headers: dict[str, str]) -> Any:
    answer = httpx.get(f"{KNOWN['url']}/api/v1/user/sessions", headers=headers, timeout=60)
    return answer.raise_for_status().json()["results"]


def _in_new_project(**plain: Any) -> Data:
    return Data(path={"project_id": _project()}, plain=plain)


WORKING_DATA: dict[str, Callable[[], Data]] = {
    "signIn": lambda: Data(body={"username": "examiner", "password": KNOWN["password"]}),
    "askForSignIn": lambda: Data(body={"client_id": "neo"}),
    "fetchSession": lambda: Data(plain={**OF_DEVICE, "client_id": "neo", "device_code": KNOWN["device_code"]}),
    "refreshToken": lambda: Data(body={"refresh": _session("leaver")["refresh"]}),
    "revokeToken": lambda: Data(body={"refresh": _session("leaver")["refresh"]}),
    "signOutEverywhere": lambda: Data(bearer=_session("leaver")["access"]),
    "changePassword": lambda: Data(body=SAME_PASSWORD, bearer=_session("leaver")["access"]),
    "endOtherSessions": lambda: Data(bearer=_session("leaver")["access"]),
    "endSession": _of_session,
    "updateUser": lambda: Data(bearer=_session("leaver")["access"], plain={"email": "another@example.com"}),
    "acceptInvitation": lambda: Data(body={"token": _invitation_of_examiner()}),
    "declineInvitation": lambda: Data(body={"token": _invitation_of_examiner()}),
    "getProject": _in_project,
    "updateProject": _in_project,
    "deleteProject": _in_new_project,
    "listInvitations": _in_project,
    "createInvitation": lambda: _in_new_project(email="guest@example.com", role="viewer"),
    "revokeInvitation": _of_invitation,
    "listMembers": _in_project,
    "addMember": lambda: _in_new_project(username="colleague", role="viewer"),
    "updateMember": lambda: _of_colleague(role="viewer"),
    "removeMember": _of_colleague,
    "transferProject": _to_colleague,
    "openEnvironment": lambda: Data(bearer=_kept_grant()["token"]),
    "createTaskSecret": lambda: Data(bearer=_kept_grant()["token"], plain=_new_secret()),
    "createSecret": lambda: Data(plain=_new_secret()),
    "setSecret": lambda: Data(plain=_new_secret()),
    "copySecret": lambda: Data(path={"secret_id": _secret()}, plain={"name": f"EXAMINED_{next(NUMBERS)}"}),
    "createSecrets": lambda: Data(plain={"secrets": [_new_secret()]}),
    "importSecrets": lambda: Data(plain={"secrets": [_new_secret()]}),
    "getSecret": _of_secret,
    "updateSecret": _of_secret,
    "deleteSecret": lambda: Data(path={"secret_id": _secret()}),
    "promoteSecret": lambda: Data(path={"secret_id": _secret(name="TAR_OPTIONS", project_id=_project())}),
    "listSecretUses": _of_secret,
    "listSecretVersions": _of_secret,
    "restoreSecretVersion": lambda: Data(path={"secret_id": _secret_with_former_version(), "version": 1}),
    "getTaskGrant": lambda: Data(path={"grant_id": _kept_grant()["id"]}),
    "revokeTaskGrant": lambda: Data(path={"grant_id": _grant()["id"]}),
    "createToken": lambda: Data(plain=NEW_TOKEN),
    "revokeServiceToken": lambda: Data(path={"token_id": _service_token()}),
}
"""By operationId. The others find the examiner's own things without help."""

for hook in (before_call, after_call):
    schemathesis.hook(hook)
