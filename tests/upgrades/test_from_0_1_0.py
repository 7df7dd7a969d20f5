"""A database of 0.1.0 is upgraded: its secrets open, its credentials count, its audit log verifies.

The data were frozen before packages, tables and columns got other names. A script of one use filled an empty
PostgreSQL through the API, the admin, the management commands and the actions of that release; then every table with
rows was written to `data/v0_1_0.json`, in the form that `frozen.py` describes, and what had gone in to
`data/v0_1_0.expected.json`. Everything in them was made for this: values, passwords, tokens, keys.

- A superuser and eleven users made in the admin: staff with a group and permissions, an inactive one, a name
  beyond ASCII; and one deleted. Three projects, and one deleted; each role, a member removed, a project transferred.
- Invitations accepted, declined, revoked, replaced, expired, cleared; the one to `stranger@example.com` is open.
- Secrets of one and of 10,000 characters, beyond ASCII, with line breaks and outer spaces; one with sixteen versions,
  ten of them kept, one of those restored; expired ones; a batch with names that were taken; two made by a task, one
  promoted and one in quarantine; one made by a service token.
- Service tokens: live, of one project, revoked, expired. Grants: untouched, in use, with the latest values, used up,
  revoked, expired, with a secret that is gone. Those that are live end in a century.
- Two master keys. All data keys were replaced once and the former ones destroyed, then wrapped by the second master
  key; some were made after that key had been put back for a while, and those of `member` and of one project were
  replaced again and are retiring: there are active ones under each master key.
- Every event of that release, refused attempts among them, in eleven blocks, the first four of them pruned; the last
  three events are in none. Only `second_factor.added` was recorded without what it tells of: that app is optional.
- `timezone.now` was put back to January 2025, so that what has expired has expired by any clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.apps import apps
from django.conf import settings as site
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.test import Client, override_settings
from django.urls import reverse

from secrets_app import vault
from secrets_app.audit.explanations import explain
from secrets_app.audit.verification import verify
from tests.cast import ApiClient
from tests.secrets_app.conftest import forget_keys
from tests.upgrades import frozen

DATABASE, EXPECTED = frozen.read("v0_1_0"), frozen.read("v0_1_0.expected")
AUDIT, SECRETS, GRANTS = EXPECTED["audit"], EXPECTED["secrets"], EXPECTED["task_grants"]
ALPHA = EXPECTED["projects"]["alpha"]
ACTIVE_KEY, FORMER_KEY = (line.partition(":")[0] for line in EXPECTED["master_keys"])

AuditEvent = apps.get_model("secrets_app", "AuditEvent")
Secret = apps.get_model("secrets_app", "Secret")
SecretVersion = apps.get_model("secrets_app", "SecretVersion")
DataKey = apps.get_model("secrets_app", "DataKey")

UUID_PATTERN = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

SignIn = Callable[[str], ApiClient]


def old_rows(table: str) -> list[dict[str, Any]]:
    """Return the frozen rows of a table, by column, without the types of the values."""
    content = DATABASE["tables"][table]
    return [dict(zip(content["columns"], map(plain, row), strict=True)) for row in content["rows"]]


def plain(value: Any) -> Any:
    return next(iter(value.values())) if isinstance(value, dict) else value


OLD_EVENTS = old_rows("secrets_app_auditentry")
PROJECT_SECRETS = {row["id"] for row in old_rows("secrets_app_secret") if row["project_id"]} | {
    row["subject_id"] for row in OLD_EVENTS if row["event"] == "secret.created" and row["project_id"]
}


@pytest.fixture(scope="module")
def upgraded_site(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[None]:
    """Upgrade the site of then, under its keys, once for all tests of this module."""
    key_file = tmp_path_factory.mktemp("keys") / "master.keys"
    key_file.write_text("\n".join(EXPECTED["master_keys"]))
    key_file.chmod(0o600)
    settings = {
        "SECRET_KEY": EXPECTED["secret_key"],
        "SECRETS_APP": site.SECRETS_APP | {"KEY_PROVIDER": "file", "KEY_FILE": str(key_file)},
        "PASSWORD_HASHERS": ["neo_site.hashers.Argon2Hasher"],
    }
    with override_settings(**settings), django_db_blocker.unblock(), frozen.separate_database():
        forget_keys()
        frozen.upgrade(DATABASE)
        yield
    forget_keys()


@pytest.fixture(autouse=True)
def _upgraded(upgraded_site: None, django_db_blocker: Any) -> Iterator[None]:
    """Give each test the database as it was after the upgrade."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def sign_in() -> SignIn:
    """Return what signs a user in with the password of then: `sign_in("member").get(…)`."""

    def client(username: str) -> ApiClient:
        answer = ApiClient().post("/api/v1/auth/token", {"username": username, "password": EXPECTED["password"]})
        assert answer.status_code == 200, answer.text
        return ApiClient(bearer=answer.json()["access"])

    return client


@pytest.fixture
def operator() -> Client:
    client = Client()
    form = {"login": "operator", "password": EXPECTED["password"]}
    assert client.post(reverse("account_login"), form | {"next": reverse("admin:index")}).status_code == 302
    return client


def service_token(name: str) -> ApiClient:
    return ApiClient(bearer=EXPECTED["service_tokens"][name]["text"])


def environment_of(token: str) -> Any:
    return ApiClient(bearer=token).post("/api/v1/runtime/environment")


def everything(client: ApiClient, path: str) -> list[dict[str, Any]]:
    """Return the results of all pages of a list."""
    results: list[dict[str, Any]] = []
    address: str | None = path
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        results += answer.json()["results"]
        address = (answer.json()["next"] or "").removeprefix("http://testserver")
    return results


def secret_of(name: str, *, user: str | None = None, project: str | None = None) -> dict[str, Any]:
    (found,) = [each for each in SECRETS if (each["name"], each["user"], each["project"]) == (name, user, project)]
    return dict(found)


def opened() -> dict[tuple[str, int], tuple[str, str]]:
    """Return value and mask of every version that is kept, by secret and version."""
    rows = [*Secret.objects.all(), *SecretVersion.objects.select_related("secret")]
    return {(str(row.secret_id), row.version): (vault.open_value(row).reveal(), vault.open_mask(row)) for row in rows}


def expected_values() -> dict[tuple[str, int], tuple[str, str]]:
    return {
        (each["id"], int(version)): (sealed["value"], sealed["mask"])
        for each in SECRETS
        for version, sealed in each["versions"].items()
    }


def current(secret: dict[str, Any]) -> dict[str, str]:
    """Return value and mask of the newest version."""
    newest: dict[str, str] = secret["versions"][max(secret["versions"], key=int)]
    return newest


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """Write the checkpoint of then to a file, as an operator has kept it."""
    path = tmp_path / "checkpoint.json"
    path.write_text(json.dumps(AUDIT["checkpoint"]))
    return path


# Secrets


def test_every_value_and_mask_opens_former_versions_included() -> None:
    assert len(opened()) == len(SECRETS) + len(old_rows("secrets_app_secretversion"))
    assert opened() == expected_values()


@pytest.mark.parametrize("username", sorted({each["user"] for each in SECRETS if each["user"]}))
def test_personal_secrets_are_listed_with_their_masks(sign_in: SignIn, username: str) -> None:
    listed = everything(sign_in(username), "/api/v1/secrets")
    assert {(each["id"], each["name"], each["masked_value"]) for each in listed} == {
        (each["id"], each["name"], current(each)["mask"]) for each in SECRETS if each["user"] == username
    }


@pytest.mark.parametrize(("project", "username"), [("alpha", "viewer"), ("beta", "member"), ("gamma", "Zoë")])
def test_project_secrets_are_listed_for_members(sign_in: SignIn, project: str, username: str) -> None:
    project_id = EXPECTED["projects"][project]
    listed = everything(sign_in(username), f"/api/v1/secrets?project_id={project_id}")
    assert {(each["id"], each["name"], each["masked_value"]) for each in listed} == {
        (each["id"], each["name"], current(each)["mask"]) for each in SECRETS if each["project"] == project_id
    }


def test_former_versions_are_listed_and_can_be_restored(sign_in: SignIn) -> None:
    member, secret = sign_in("member"), secret_of("API_KEY", project=ALPHA)
    path = f"/api/v1/secrets/{secret['id']}/versions"
    masks = {str(each["version"]): each["masked_value"] for each in everything(member, path)}
    assert masks == {version: sealed["mask"] for version, sealed in secret["versions"].items()}
    oldest = min(masks, key=int)
    assert member.post(f"{path}/{oldest}/restore").status_code == 200
    granted = member.post("/api/v1/task-grants", {"project_id": ALPHA, "secrets": ["API_KEY"]})
    environment = environment_of(granted.json()["token"]).json()["environment"]
    assert environment["API_KEY"] == secret["versions"][oldest]["value"]


def test_a_secret_takes_a_new_value_and_a_new_one_is_made(sign_in: SignIn) -> None:
    member, secret = sign_in("member"), secret_of("UNICODE", user="member")
    assert member.patch(f"/api/v1/secrets/{secret['id']}", {"value": "set after the upgrade"}).status_code == 200
    assert member.post("/api/v1/secrets", {"name": "NEW", "value": "made after the upgrade"}).status_code == 201
    granted = member.post("/api/v1/task-grants", {"secrets": ["UNICODE", "NEW"], "include_default": False})
    assert environment_of(granted.json()["token"]).json()["environment"] == {
        "UNICODE": "set after the upgrade",
        "NEW": "made after the upgrade",
    }


def test_expiry_and_quarantine_still_hold_a_secret_back(sign_in: SignIn) -> None:
    member, held = sign_in("member"), secret_of("MADE_HELD", project=ALPHA)
    expired = secret_of("EXPIRED", user="member")
    order = {"project_id": ALPHA, "secrets": ["MADE_HELD", "personal:EXPIRED"], "include_default": False}
    first = member.post("/api/v1/task-grants/explain", order).json()
    assert first["secrets"] == []
    assert {(each["name"], each["reason"]) for each in first["omitted"]} >= {
        ("MADE_HELD", "quarantined"),
        ("EXPIRED", "expired"),
    }
    assert member.post(f"/api/v1/secrets/{held['id']}/promote").status_code == 200
    assert member.patch(f"/api/v1/secrets/{expired['id']}", {"expires_at": None}).status_code == 200
    granted = member.post("/api/v1/task-grants", order)
    assert environment_of(granted.json()["token"]).json()["environment"] == {
        "MADE_HELD": current(held)["value"],
        "EXPIRED": current(expired)["value"],
    }


# Who may


@pytest.mark.parametrize(("project", "username"), [("alpha", "admin"), ("beta", "admin"), ("gamma", "Zoë")])
def test_members_have_their_roles(sign_in: SignIn, project: str, username: str) -> None:
    project_id = EXPECTED["projects"][project]
    members = everything(sign_in(username), f"/api/v1/projects/{project_id}/members")
    assert {each["username"]: each["role"] for each in members} == EXPECTED["members"][project_id]


def test_who_did_not_belong_still_does_not(sign_in: SignIn) -> None:
    exmember, secret = sign_in("exmember"), secret_of("API_KEY", project=ALPHA)
    assert exmember.get(f"/api/v1/secrets/{secret['id']}").status_code == 404
    inactive = {"username": "inactive", "password": EXPECTED["password"]}
    assert ApiClient().post("/api/v1/auth/token", inactive).status_code == 401


def test_an_open_invitation_is_accepted(sign_in: SignIn) -> None:
    stranger = sign_in("stranger")
    answer = stranger.post("/api/v1/invitations/accept", {"token": EXPECTED["invitation_token"]})
    assert answer.status_code == 200, answer.text
    assert stranger.get(f"/api/v1/secrets?project_id={ALPHA}").status_code == 200


def test_a_member_and_a_project_are_added(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    added = admin.post(f"/api/v1/projects/{ALPHA}/members", {"username": "declining", "role": "viewer"})
    assert added.status_code == 201, added.text
    assert admin.post("/api/v1/projects", {"name": "New"}).status_code == 201


def test_a_session_goes_on() -> None:
    # The signing key of this process is read once, so the token of then gets a signature by that one.
    token, key, audience = EXPECTED["refresh_token"], EXPECTED["signing_key"], str(site.SIMPLE_JWT["AUDIENCE"])
    claims = jwt.decode(token, key, algorithms=["HS256"], audience=audience)
    signed = jwt.encode(claims, site.SIGNING_KEY, algorithm="HS256")
    answer = ApiClient().post("/api/v1/auth/token/refresh", {"refresh": signed})
    assert answer.status_code == 200, answer.text
    listed = everything(ApiClient(bearer=answer.json()["access"]), "/api/v1/secrets")
    assert len(listed) == len([each for each in SECRETS if each["user"] == "member"])


# Service tokens and task grants


def test_service_tokens_reach_what_they_reached(sign_in: SignIn) -> None:
    assert len(everything(service_token("live"), "/api/v1/secrets")) == len(
        everything(sign_in("member"), "/api/v1/secrets")
    )
    assert len(everything(service_token("expiring"), "/api/v1/secrets")) > 0
    assert service_token("bound").get(f"/api/v1/secrets?project_id={ALPHA}").status_code == 200
    assert service_token("bound").get("/api/v1/secrets").status_code == 403
    assert len(everything(sign_in("member"), "/api/v1/tokens")) > 0


@pytest.mark.parametrize("name", ["revoked", "expired"])
def test_a_service_token_that_had_ended_is_refused(name: str) -> None:
    assert service_token(name).get("/api/v1/secrets").status_code == 401


@pytest.mark.parametrize("name", ["pending", "open", "latest"])
def test_a_task_gets_the_versions_of_its_grant(name: str) -> None:
    answer = environment_of(GRANTS[name]["text"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["environment"] == GRANTS[name]["environment"]


@pytest.mark.parametrize("name", ["used", "revoked", "expired"])
def test_a_grant_that_had_ended_is_refused(name: str) -> None:
    assert environment_of(GRANTS[name]["text"]).status_code == 401


def test_a_task_makes_a_secret() -> None:
    task = ApiClient(bearer=GRANTS["open"]["text"])
    assert task.post("/api/v1/runtime/secrets", {"name": "MADE_LATER", "value": "made by a task"}).status_code == 201
    assert environment_of(GRANTS["open"]["text"]).json()["environment"] == GRANTS["open"]["environment"] | {
        "MADE_LATER": "made by a task"
    }


def test_grants_are_listed_with_what_they_give_and_leave_out(sign_in: SignIn) -> None:
    """Of each secret what was stored, whatever its fields are called now."""
    member_id = EXPECTED["users"]["member"]
    own = {row["id"]: row for row in old_rows("secrets_app_taskgrant") if row["owner_id"] == member_id}
    granted = [row for row in old_rows("secrets_app_grantedsecret") if row["grant_id"] in own]
    listed = {each["id"]: each for each in everything(sign_in("member"), "/api/v1/task-grants")}
    assert listed.keys() == own.keys()
    assert {key: [set(each.values()) for each in grant["omitted"]] for key, grant in listed.items()} == {
        key: [set(each.values()) for each in row["omitted"]] for key, row in own.items()
    }
    given = {(key, each["name"]): set(each.values()) for key, grant in listed.items() for each in grant["secrets"]}
    assert len(given) == len(granted)
    stored = ("origin", "secret_id", "version", "reason")
    lacking = [row for row in granted if not {row[name] for name in stored} <= given[row["grant_id"], row["name"]]]
    assert lacking == []


def test_remembered_names_are_listed(sign_in: SignIn) -> None:
    listed = everything(sign_in("member"), "/api/v1/remembered-secrets")
    assert sorted((each["thread_id"], each["name"]) for each in listed) == sorted(
        (row["thread_id"], row["name"]) for row in old_rows("secrets_app_rememberedname")
    )


# Audit log


def test_the_audit_log_verifies_and_covers_every_old_event(checkpoint: Path) -> None:
    assert {row["event"] for row in OLD_EVENTS} == set(AUDIT["events"])
    report = verify()
    assert report.is_clean, vars(report)
    assert (report.events, report.unchained) == (len(OLD_EVENTS), AUDIT["unsealed"])
    assert (report.blocks, report.pruned) == (AUDIT["blocks"], AUDIT["pruned_blocks"])
    run("audit", "accept", "--yes")
    assert run("audit", "verify", f"--against={checkpoint}")


def test_of_all_that_gives_access_only_the_superuser_is_to_be_accepted() -> None:
    operator = str(EXPECTED["users"]["operator"])
    assert [(each.kind.name, each.entitlement.subject.id) for each in explain().unexplained] == [
        ("superuser", operator)
    ]
    with pytest.raises(CommandError, match="No audit event explains what gives somebody access"):
        run("audit", "verify")
    run("audit", "accept", "--yes")
    assert "Explained: yes." in run("audit", "verify")


def test_a_later_event_continues_the_chain(sign_in: SignIn, checkpoint: Path) -> None:
    sign_in("member").post("/api/v1/secrets", {"name": "NEW", "value": "made after the upgrade"})
    run("audit", "chain")
    report = verify()
    assert report.is_clean, vars(report)
    # The session and the secret.
    assert (report.events, report.unchained) == (len(OLD_EVENTS) + 2, 0)
    assert report.blocks == AUDIT["blocks"] + 1
    run("audit", "accept", "--yes")
    assert run("audit", "verify", f"--against={checkpoint}")


# What is done to the row of one old event, and which question of the verification is then answered with no.
TAMPERING: dict[str, tuple[Callable[[QuerySet[Any]], Any], str]] = {
    "another event": (lambda row: row.update(event="secret.deleted"), "altered"),
    "other data": (lambda row: row.update(data={}), "altered"),
    "taken away": (lambda row: row.delete(), "missing"),
    "put into another block": (lambda row: row.update(block=F("block") - 1), "missing"),
}


@pytest.mark.parametrize(("tamper", "question"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_with_an_old_event_is_found(tamper: Callable[[QuerySet[Any]], Any], question: str) -> None:
    old = next(row for row in OLD_EVENTS if row["event"] == "secret.created" and row["block"] == AUDIT["blocks"] - 1)
    # Not the model's own: that refuses to change what is written.
    row: QuerySet[Any] = QuerySet(AuditEvent).filter(pk=old["id"])
    assert row.count() == 1
    tamper(row)
    report = verify()
    assert [name for name in ("altered", "missing", "unknown_keys") if getattr(report, name).count] == [question]
    with pytest.raises(CommandError):
        run("audit", "verify")


def in_the_api(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the API has to say of an old event, without its time."""
    return {
        "id": row["id"],
        "event": row["event"],
        "outcome": row["outcome"],
        "actor": {"kind": row["actor_kind"], "id": row["actor_id"], "name": row["actor_label"]},
        "credential": {"kind": row["credential_kind"], "id": row["credential_id"]},
        "subject": {"kind": row["subject_kind"], "id": row["subject_id"], "name": row["subject_label"]},
        "project_id": row["project_id"],
        "request_id": row["request_id"],
        "address": row["address"],
        "data": row["data"],
    }


def data_for(reader: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an old event of a project as `reader` sees it: others' personal secrets are only counted."""
    data: dict[str, Any] = row["data"]
    named = data.get("secrets", [])
    shared = [each for each in named if each["id"] in PROJECT_SECRETS or row["actor_id"] == reader]
    return data if shared == named else {**data, "secrets": shared, "personal_secrets": len(named) - len(shared)}


def told(client: ApiClient, path: str) -> list[dict[str, Any]]:
    """Return the old events in a list of the API, without their times, the oldest first."""
    known = {row["id"] for row in OLD_EVENTS}
    listed = [each for each in everything(client, path) if each["id"] in known]
    return [{name: each[name] for name in each if name != "at"} for each in reversed(listed)]


@pytest.mark.parametrize("username", sorted(EXPECTED["users"].keys() - {"inactive"}))
def test_the_api_tells_every_old_event_of_a_user(sign_in: SignIn, username: str) -> None:
    own = [row for row in OLD_EVENTS if row["owner_id"] == str(EXPECTED["users"][username])]
    assert told(sign_in(username), "/api/v1/audit?limit=50") == [in_the_api(row) for row in own]


@pytest.mark.parametrize(("project", "username"), [("alpha", "admin"), ("beta", "admin"), ("gamma", "Zoë")])
def test_the_api_tells_every_old_event_of_a_project(sign_in: SignIn, project: str, username: str) -> None:
    project_id = EXPECTED["projects"][project]
    reader = str(EXPECTED["users"][username])
    own = [row for row in OLD_EVENTS if row["project_id"] == project_id]
    path = f"/api/v1/audit?limit=50&project_id={project_id}"
    assert told(sign_in(username), path) == [in_the_api(row) | {"data": data_for(reader, row)} for row in own]


def test_the_uses_of_a_secret_are_told(sign_in: SignIn) -> None:
    secret = secret_of("TOKEN", project=ALPHA)
    uses = everything(sign_in("admin"), f"/api/v1/secrets/{secret['id']}/uses")
    exposures = [row for row in OLD_EVENTS if row["event"] == "environment.exposed"]
    named = [row for row in exposures if secret["id"] in {each["id"] for each in row["data"]["secrets"]}]
    assert len(uses) == len(named) > 0


def test_the_admin_shows_every_old_event(operator: Client) -> None:
    name = f"admin:{AuditEvent._meta.app_label}_{AuditEvent._meta.model_name}"
    for row in OLD_EVENTS:
        page = operator.get(reverse(f"{name}_change", args=[row["id"]]))
        assert (page.status_code, row["event"] in page.text) == (200, True), row["event"]
    address = reverse(f"{name}_changelist")
    per_page = operator.get(address).context["cl"].list_per_page
    pages = [operator.get(address, {"p": 1 + page}).text for page in range(1 + len(OLD_EVENTS) // per_page)]
    assert set(re.findall(rf"{UUID_PATTERN}(?=/change/)", "".join(pages))) >= {row["id"] for row in OLD_EVENTS}


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_the_admin_lists_and_shows_what_there_was(operator: Client, model: type[Model]) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert operator.get(reverse(f"{name}_changelist")).status_code == 200
    for row in model._default_manager.all()[:3]:
        assert operator.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


# Keys


def test_the_keys_are_found_to_be_the_right_ones() -> None:
    status = run("keys", "status")
    assert re.search(rf"^{ACTIVE_KEY} +active +[1-9]", status, re.M), status
    assert re.search(rf"^{FORMER_KEY} +held +[1-9]", status, re.M), status
    lines = [line.split()[:2] for line in run("doctor").splitlines()]
    assert ["ok", "keys"] in lines
    assert ["ok", "migrations"] in lines


def test_data_keys_are_rotated_and_every_value_still_opens() -> None:
    with pytest.raises(CommandError):
        run("rotate_keys", "--data-keys", "--check")
    run("rotate_keys", "--data-keys", "--grace=0")
    run("rotate_keys", "--data-keys", "--check")
    used = DataKey.objects.exclude(state="destroyed")
    assert {(key.state, key.master_key_id) for key in used} == {("active", ACTIVE_KEY)}
    assert opened() == expected_values()
    assert environment_of(GRANTS["pending"]["text"]).json()["environment"] == GRANTS["pending"]["environment"]
    assert verify().is_clean
