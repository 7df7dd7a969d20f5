"""The actors of docs/threat-model.md: what plaintext each reaches, what they can destroy, and what tells of it.

Each row of that table has the test of its name here.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_site.error_reports import BareExceptionReporter
from neo_site.signin.actions import sign_in, sign_out_everywhere
from neo_site.signin.models import Session
from neo_site.signin.tokens import AccessToken
from projects.actions import add_member, remove_member
from projects.models import Membership, Project
from secrets_app.actions.grants import revoke_grant
from secrets_app.actions.tokens import create_token, revoke_token
from secrets_app.audit.chaining import writable_events
from secrets_app.audit.explanations import explain, is_emptied
from secrets_app.audit.refused_attempts import recorder
from secrets_app.conf import conf
from secrets_app.crypto import DataKeyCipher, SecretContext, keyring_from_file
from secrets_app.models import AuditBlock, AuditEvent, DataKey, Secret, TaskGrant
from secrets_app.redaction import TextRedactor
from tests.cast import PASSWORD, ApiClient, make_invitation, make_secret, make_user
from tests.limits import set_limits
from tests.neo_site.signin.forging import changed
from tests.neo_site.signin.provider import Provider, claims_for, issued
from tests.threats.test_remains import everything

SHARED, PERSONAL = "canary-of-the-project-1234", "canary-of-the-member-5678"
SECRETS, GRANTS, ENVIRONMENT = "/api/v1/secrets", "/api/v1/task-grants", "/api/v1/runtime/environment"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "threat-model.md"
THIS = sys.modules[__name__]


class World:
    """A project with a secret, and a member with a personal one."""

    def __init__(self, project: Project, admin: Any, member: Any, viewer: Any, stranger: Any) -> None:
        self.project, self.admin, self.member, self.viewer, self.stranger = project, admin, member, viewer, stranger
        self.shared = make_secret(admin, name="SHARED", value=SHARED, project_id=project.id)
        self.personal = make_secret(member, name="PERSONAL", value=PERSONAL)

    def path(self, secret: Secret) -> str:
        return f"{SECRETS}/{secret.id}"

    def told(self, event: str, **columns: Any) -> bool:
        """Return whether the audit log has such an event."""
        recorder.settle(everything=True)
        return AuditEvent.objects.filter(event=event, **columns).exists()

    def token(self, user: Any, *scopes: str, **limits: Any) -> Any:
        return create_token(actor=Actor.from_user(user), name="x", scopes=scopes, **limits)


@pytest.fixture
def world(project: Project, admin: Any, member: Any, viewer: Any, stranger: Any) -> World:
    return World(project, admin, member, viewer, stranger)


def grant(client: ApiClient, world: World, *names: str) -> Any:
    """The answer to the request for a grant in the project; "personal:…" selects a personal secret."""
    return client.post(GRANTS, {"project_id": str(world.project.id), "secrets": list(names)})


def environment(token: str) -> Any:
    return ApiClient(bearer=token).post(ENVIRONMENT)


def values(client: ApiClient, world: World, *names: str) -> list[str]:
    """Return what the client reads in two requests: a grant, and its environment."""
    granted = grant(client, world, *names)
    assert granted.status_code == 201, granted.text
    answer = environment(granted.json()["token"])
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["environment"].values())


def statuses(client: ApiClient, *requests: tuple[str, str]) -> list[int]:
    return [client.request(method, path).status_code for method, path in requests]


def operator_with(*permissions: str) -> tuple[Any, Client]:
    user, client = make_user("operator", is_staff=True), Client()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return user, client


# People


def test_anonymous_client(world: World) -> None:
    nobody = ApiClient(None)
    reads = [("GET", SECRETS), ("GET", world.path(world.shared)), ("POST", GRANTS), ("POST", ENVIRONMENT)]
    assert statuses(nobody, *reads, ("DELETE", world.path(world.shared))) == 5 * [401]
    assert world.told("credential.refused", actor_kind="anonymous")


def test_stranger(world: World) -> None:
    client = ApiClient(world.stranger)
    make_secret(world.stranger, name="OWN", value="their own")
    granted = client.post(GRANTS, {"secrets": ["OWN"]})
    assert environment(granted.json()["token"]).json()["environment"] == {"OWN": "their own"}
    assert grant(client, world).status_code == 403
    for secret in (world.shared, world.personal):
        path = world.path(secret)
        assert statuses(client, ("GET", path), ("PATCH", path), ("DELETE", path)) == 3 * [404]
    assert world.told("access.denied", actor_id=str(world.stranger.pk), project_id=world.project.id)


def test_viewer(world: World) -> None:
    client, path = ApiClient(world.viewer), world.path(world.shared)
    shown = client.get(path)
    assert shown.status_code == 200
    assert SHARED not in shown.text
    assert grant(client, world).status_code == 403
    assert client.delete(path).status_code == 403
    assert world.told("access.denied", actor_id=str(world.viewer.pk), project_id=world.project.id)


def test_member(world: World) -> None:
    client, path = ApiClient(world.member), world.path(world.shared)
    assert SHARED not in client.get(path).text
    assert values(client, world, "SHARED", "personal:PERSONAL") == [PERSONAL, SHARED]
    assert client.patch(path, {"value": "replaced"}).status_code == 200
    assert client.delete(path).status_code == 204
    for event in ("grant.created", "environment.exposed", "secret.updated", "secret.deleted"):
        assert world.told(event, actor_id=str(world.member.pk), project_id=world.project.id)


def test_admin_of_a_project(world: World) -> None:
    client = ApiClient(world.admin)
    assert values(client, world, "SHARED") == [SHARED]
    assert client.get(world.path(world.personal)).status_code == 404
    assert "PERSONAL" not in client.get(f"/api/v1/audit?project_id={world.project.id}").text
    assert client.delete(f"/api/v1/projects/{world.project.id}").status_code == 204
    assert not Secret.objects.filter(pk=world.shared.pk).exists()
    assert world.told("project.deleted", actor_id=str(world.admin.pk))


def test_colleague(world: World) -> None:
    """Another member of the project, and the tasks of their fellow."""
    colleague = make_user("colleague")
    add_member(actor=Actor.from_user(world.admin), project_id=world.project.id, username="colleague", role=Role.MEMBER)
    client, fellow = ApiClient(colleague), ApiClient(world.member)
    assert client.get(world.path(world.personal)).status_code == 404
    for name in ("HARMLESS", "TAR_OPTIONS"):
        body = {"name": name, "value": "theirs", "project_id": str(world.project.id), "default_available": True}
        assert client.post(SECRETS, body).status_code == 201
    answer = environment(grant(fellow, world, "SHARED").json()["token"])
    assert answer.json()["environment"] == {"SHARED": SHARED, "HARMLESS": "theirs"}
    assert client.delete(world.path(world.shared)).status_code == 204
    for event in ("secret.created", "secret.deleted"):
        assert world.told(event, actor_id=str(colleague.pk), project_id=world.project.id)


def test_former_member(world: World) -> None:
    client = ApiClient(world.member)
    task = grant(client, world, "SHARED").json()["token"]
    remove_member(actor=Actor.from_user(world.admin), project_id=world.project.id, user_id=world.member.pk)
    assert environment(task).status_code == 401
    assert grant(client, world).status_code == 403
    assert statuses(client, ("GET", world.path(world.shared)), ("DELETE", world.path(world.shared))) == [404, 404]
    assert world.told("access.denied", actor_id=str(world.member.pk), project_id=world.project.id)
    assert world.told("grant.revoked", project_id=world.project.id)
    add_member(actor=Actor.from_user(world.admin), project_id=world.project.id, username="member", role=Role.MEMBER)
    assert environment(task).status_code == 401


# Programs


def test_agent(world: World) -> None:
    """A service token in the hands of a program, limited to the project."""
    limits = {"project_id": world.project.id}
    made = world.token(world.member, "secrets:read", "secrets:write", "runtime:use", **limits)
    client = ApiClient(bearer=made.text)
    assert values(client, world, "SHARED") == [SHARED]
    assert client.get(world.path(world.personal)).status_code in (403, 404)
    Secret.objects.filter(pk=world.shared.pk).update(quarantine_reason="agent")
    assert client.delete(world.path(world.shared)).status_code == 403
    Secret.objects.filter(pk=world.shared.pk).update(quarantine_reason="")
    assert client.delete(world.path(world.shared)).status_code == 204
    assert world.told("secret.deleted", credential_kind="service_token", credential_id=str(made.row.pk))
    reader = ApiClient(bearer=world.token(world.member, "secrets:read", **limits).text)
    assert grant(reader, world).status_code == 403
    assert world.told("access.denied", actor_id=str(world.member.pk))


def test_task(world: World) -> None:
    granted = grant(ApiClient(world.member), world, "SHARED").json()
    task = ApiClient(bearer=granted["token"])
    assert task.post(ENVIRONMENT).json()["environment"] == {"SHARED": SHARED}
    path = world.path(world.shared)
    assert statuses(task, ("GET", SECRETS), ("DELETE", path), ("POST", GRANTS)) == 3 * [401]
    assert world.told("environment.exposed", subject_id=granted["id"], credential_kind="task_grant")


def test_reader_of_what_a_task_prints() -> None:
    redactor = TextRedactor({"SHARED": SHARED})
    printed = redactor.redact(f"the password is {SHARED}, backwards {SHARED[::-1]}")
    assert SHARED not in printed
    assert SHARED[::-1] in printed


# Operators


def test_staff_by_permission(world: World) -> None:
    user, operator = operator_with("view_secret", "delete_secret", "add_membership", "change_membership")
    page = reverse("admin:secrets_app_secret_change", args=[world.personal.pk])
    assert PERSONAL not in operator.get(page).text
    assert grant(ApiClient(user), world).status_code == 403
    # The first of three steps to the values of a project: a membership of their own.
    form = {"project": str(world.project.pk), "user": str(user.pk), "role": Role.MEMBER.value}
    assert operator.post(reverse("admin:projects_membership_add"), form).status_code == 302
    assert values(ApiClient(user), world, "SHARED") == [SHARED]
    deletion = reverse("admin:secrets_app_secret_delete", args=[world.personal.pk])
    assert operator.post(deletion, {"post": "yes"}).status_code == 302
    for event in ("member.added", "secret.deleted"):
        assert world.told(event, actor_kind="staff", actor_id=str(user.pk))


def test_superuser(world: World, superuser: Any) -> None:
    operator = Client()
    operator.force_login(superuser)
    new = "a password that the operator chose"
    form = {"usable_password": "true", "password1": new, "password2": new, "set-password": "x"}
    page = reverse("admin:auth_user_password_change", args=[world.member.pk])
    assert operator.post(page, form).status_code == 302
    as_them, chosen = Client(), "the second password that the operator chose"
    as_them.post("/accounts/login/", {"login": "member", "password": new})
    form = {"oldpassword": new, "password1": chosen, "password2": chosen}
    assert as_them.post("/accounts/password/change/", form).status_code == 302
    signed_in = ApiClient(None).post("/api/v1/auth/token", {"username": "member", "password": chosen})
    assert values(ApiClient(bearer=signed_in.json()["access"]), world, "personal:PERSONAL") == [PERSONAL]
    assert operator.post(reverse("admin:auth_user_delete", args=[world.member.pk]), {"post": "yes"}).status_code == 302
    assert not Secret.objects.filter(pk=world.personal.pk).exists()
    event = AuditEvent.objects.order_by("id").first()
    assert event is not None
    assert operator.post(reverse("admin:secrets_app_auditevent_delete", args=[event.pk])).status_code == 403
    for told in ("user.updated", "user.deleted"):
        assert world.told(told, actor_id=str(superuser.pk), subject_id=str(world.personal.user_id))
    assert world.told("password.changed", subject_id=str(world.personal.user_id))


# Whoever gets at the machine


def test_reader_of_the_database(world: World) -> None:
    count = AuditEvent.objects.count()
    stored = everything()
    assert b"SHARED" in stored
    assert SHARED.encode() not in stored
    assert PERSONAL.encode() not in stored
    assert AuditEvent.objects.count() == count


# What a writer to the database changes, and what `audit verify` says of it.
WRITINGS: dict[str, tuple[Callable[[World], Any], list[str]]] = {
    "a membership": (
        lambda world: Membership.objects.create(project=world.project, user=world.stranger, role=Role.ADMIN),
        ["membership"],
    ),
    "the user of a grant": (
        lambda world: TaskGrant.objects.update(user=world.stranger),
        ["task_grant"],
    ),
    "a superuser": (
        lambda world: type(world.stranger)._default_manager.filter(pk=world.stranger.pk).update(is_superuser=True),
        ["superuser"],
    ),
    "a password": (
        lambda world: (
            type(world.member)
            ._default_manager.filter(pk=world.member.pk)
            .update(password=make_password("written into the database"))
        ),
        [],
    ),
}


def test_writer_to_the_database(world: World) -> None:
    """They make themselves anybody, without any key. All of it but another password leaves a trace."""
    assert grant(ApiClient(world.member), world, "SHARED").status_code == 201
    expected: list[str] = []
    for write, kinds in WRITINGS.values():
        write(world)
        expected += kinds
    assert sorted(each.kind.name for each in explain().unexplained) == sorted(expected)
    assert values(ApiClient(world.stranger), world, "SHARED") == [SHARED]
    form = {"username": "member", "password": "written into the database"}
    signed_in = ApiClient(None).post("/api/v1/auth/token", form).json()
    assert values(ApiClient(bearer=signed_in["access"]), world, "personal:PERSONAL") == [PERSONAL]
    writable_events().delete()
    AuditBlock.objects.all().delete()
    assert is_emptied()


def opened(secret: Secret) -> str:
    """Return a value as somebody with the key file and a copy of the database opens it, by a program of their own."""
    keyring = keyring_from_file(Path(conf.key_file))
    key = DataKey.objects.get(pk=secret.data_key_id)
    unwrapped = keyring.unwrap(key.master_key_id, key.pk, key.owner.label, bytes(key.wrapped))
    context = SecretContext("value", secret.pk, secret.owner.label, secret.version)
    return DataKeyCipher(key.pk, unwrapped).open(secret.value.blob, context).decode()


def test_holder_of_the_machine(world: World) -> None:
    count = AuditEvent.objects.count()
    assert {opened(each) for each in Secret.objects.all()} == {SHARED, PERSONAL}
    assert AuditEvent.objects.count() == count


def test_thief_of_a_master_key(world: World) -> None:
    """Nothing with it alone: what it wraps is in the database, with which they are a holder of the machine."""
    text = Path(conf.key_file).read_text()
    assert text.encode() not in everything()
    assert opened(world.shared) == SHARED


def test_reader_of_logs_and_error_reports(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert values(ApiClient(world.member), world, "SHARED") == [SHARED]
        ApiClient(world.member).patch(world.path(world.shared), {"value": SHARED, "name": SHARED})
    assert "request.answered" in caplog.text
    assert SHARED not in caplog.text
    request = RequestFactory().post("/x", {"value": SHARED})
    try:
        raise ValueError(SHARED)
    except ValueError as error:
        report = BareExceptionReporter(request, ValueError, error, error.__traceback__).get_traceback_text()
    assert "test_threat_model.py" in report
    assert SHARED not in report


# Thieves of credentials


def test_thief_of_an_access_token(world: World) -> None:
    pair = sign_in(user=world.member)
    thief, session = ApiClient(bearer=pair.access), Session.objects.get()
    assert AccessToken.lifetime <= timedelta(minutes=5)
    assert values(thief, world, "SHARED", "personal:PERSONAL") == [PERSONAL, SHARED]
    assert thief.delete(world.path(world.personal)).status_code == 204
    assert world.told("secret.deleted", credential_kind="session", credential_id=str(session.pk))
    task = grant(thief, world, "SHARED").json()["token"]
    made = thief.post("/api/v1/tokens", {"name": "theirs", "scopes": ["secrets:read"]})
    assert made.status_code == 201
    assert world.told("token.created", subject_id=made.json()["id"])
    sign_out_everywhere(user=world.member)
    assert thief.get(SECRETS).status_code == 401
    assert environment(task).status_code == 401
    kept = ApiClient(bearer=made.json()["token"])
    assert kept.get(SECRETS).status_code == 200
    answer = ApiClient(world.member).post("/api/v1/auth/sign-out-everywhere", {"end_service_tokens": True})
    assert answer.status_code == 200
    assert kept.get(SECRETS).status_code == 401
    stale = ApiClient(bearer=sign_in(user=world.member).access)
    Session.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    refused = stale.post("/api/v1/tokens", {"name": "theirs", "scopes": ["secrets:read"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")


def test_thief_of_a_refresh_token(world: World) -> None:
    stolen = sign_in(user=world.member).refresh
    thief = ApiClient(None).post("/api/v1/auth/token/refresh", {"refresh": stolen}).json()
    assert values(ApiClient(bearer=thief["access"]), world, "SHARED") == [SHARED]
    # The user comes later with the same token; within moments it could be a retry.
    Session.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    assert ApiClient(None).post("/api/v1/auth/token/refresh", {"refresh": stolen}).status_code == 401
    assert ApiClient(bearer=thief["access"]).get(SECRETS).status_code == 401
    assert world.told("session.replayed", subject_id=str(Session.objects.get().pk))


def test_thief_of_a_password(world: World) -> None:
    signed_in = ApiClient(None).post("/api/v1/auth/token", {"username": "member", "password": PASSWORD}).json()
    thief = ApiClient(bearer=signed_in["access"])
    assert values(thief, world, "SHARED", "personal:PERSONAL") == [PERSONAL, SHARED]
    assert thief.delete(world.path(world.shared)).status_code == 204
    assert world.told("session.started", actor_id=str(world.member.pk), address="127.0.0.1")


def test_sender_of_a_sign_in_code(world: World) -> None:
    def send(path: str, **sent: str) -> Any:
        return ApiClient(None).post(f"/api/v1/auth/{path}", {"client_id": "neo", **sent})

    codes = send("device", host="laptop").json()
    exchange = {"device_code": codes["device_code"], "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
    assert send("device/token", **exchange).json()["code"] == "authorization_pending"
    user = Client()
    user.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    asked = user.post("/accounts/device/", {"user_code": codes["user_code"]})
    assert "Whoever sent you this code" in asked.text
    assert "127.0.0.1" in asked.text
    user.post("/accounts/device/", {"user_code": codes["user_code"], "answer": "approve"})
    sender = ApiClient(bearer=send("device/token", **exchange).json()["access_token"])
    assert values(sender, world, "SHARED", "personal:PERSONAL") == [PERSONAL, SHARED]
    assert world.told("sign_in.approved", actor_id=str(world.member.pk))
    assert world.told("session.started", data__interface="device", address="127.0.0.1")
    assert "neo on laptop" in user.get("/accounts/sessions/").text


def test_thief_of_a_service_token(world: World) -> None:
    made = world.token(world.member, "secrets:write", "runtime:use")
    thief = ApiClient(bearer=made.text)
    assert values(thief, world, "SHARED", "personal:PERSONAL") == [PERSONAL, SHARED]
    assert thief.delete(world.path(world.personal)).status_code == 204
    assert world.told("environment.exposed", actor_id=str(world.member.pk))
    assert world.told("secret.deleted", credential_kind="service_token", credential_id=str(made.row.pk))
    task = grant(thief, world, "SHARED").json()["token"]
    revoke_token(actor=Actor.from_user(world.member), token_id=made.row.pk)
    assert statuses(thief, ("GET", SECRETS), ("POST", GRANTS)) == [401, 401]
    assert environment(task).status_code == 401


def test_thief_of_a_task_token(world: World) -> None:
    granted = grant(ApiClient(world.member), world, "SHARED").json()
    assert environment(granted["token"]).json()["environment"] == {"SHARED": SHARED}
    assert world.told("environment.exposed", subject_id=granted["id"])
    revoke_grant(actor=Actor.from_user(world.member), grant_id=granted["id"])
    assert environment(granted["token"]).status_code == 401


def test_thief_of_an_invitation(world: World, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    token = make_invitation(world.admin, world.project, "guest@example.com").token
    assert ApiClient(None).post("/api/v1/invitations/accept", {"token": token}).status_code == 401
    thief = ApiClient(world.stranger)
    assert thief.post("/api/v1/invitations/accept", {"token": token}).status_code == 404
    assert world.told("access.denied", actor_id=str(world.stranger.pk))
    guest = ApiClient(make_user("guest"))
    assert guest.post("/api/v1/invitations/accept", {"token": token}).status_code == 200


def test_thief_of_the_cookie_of_an_operator(world: World, superuser: Any) -> None:
    thief = Client()
    thief.force_login(superuser)
    page = thief.get(reverse("admin:secrets_app_secret_change", args=[world.shared.pk]))
    assert SHARED not in page.text
    assert thief.get(SECRETS).status_code == 401
    deletion = reverse("admin:secrets_app_secret_delete", args=[world.shared.pk])
    assert thief.post(deletion, {"post": "yes"}).status_code == 302
    assert world.told("secret.deleted", credential_kind="cookie", actor_id=str(superuser.pk))


def test_thief_of_the_cookie_of_a_person(world: World) -> None:
    thief = Client()
    thief.force_login(world.member)
    page = thief.get(reverse("neo_pages:secret", args=[world.shared.pk]))
    assert (page.status_code, SHARED in page.text) == (200, False)
    assert thief.get(SECRETS).status_code == 401
    asked = {"project": str(world.project.pk), "names": "SHARED", "minutes": "15"}
    shown = thief.post(reverse("neo_pages:grant"), asked)
    token = re.findall(r"neo_task_\w+", shown.text)[0]
    assert environment(token).json()["environment"] == {"SHARED": SHARED}
    assert world.told("grant.created", credential_kind="cookie", actor_id=str(world.member.pk))
    thief.cookies.clear()
    assert thief.get(reverse("neo_pages:secrets")).status_code == 302


def test_thief_of_the_signing_key(world: World) -> None:
    """They sign what they like; each token still needs the id of a live session of its user."""
    pair = sign_in(user=world.member)
    forged = changed(sign_in(user=world.stranger).access, sub=str(world.member.pk))
    assert ApiClient(bearer=forged).get(SECRETS).status_code == 401
    assert ApiClient(bearer=changed(pair.access, sid=str(uuid4()))).get(SECRETS).status_code == 401
    assert values(ApiClient(bearer=changed(pair.access, jti=str(uuid4()))), world, "SHARED") == [SHARED]
    assert world.told("environment.exposed", actor_id=str(world.member.pk))


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.close()


def test_identity_provider(world: World, provider: Provider, settings: Any) -> None:
    """A site that trusts one: whoever has its key is each user whom its tokens can name, and no operator."""
    settings.IDENTITY_PROVIDER = provider.settings()
    classes = ["neo_site.signin.identity_provider.IdentityProviderAuthentication"]
    settings.SECRETS_APP = settings.SECRETS_APP | {"AUTHENTICATION_CLASSES": classes}
    client = ApiClient(bearer=issued(claims_for("member")))
    granted = grant(client, world, "personal:PERSONAL").json()
    settings.SECRETS_APP = settings.SECRETS_APP | {"AUTHENTICATION_CLASSES": None}
    assert environment(granted["token"]).json()["environment"]["PERSONAL"] == PERSONAL
    assert world.told("grant.created", credential_kind="identity_provider", actor_id=str(world.member.pk))
    bearer = f"Bearer {issued(claims_for('member'))}"
    assert Client().get("/admin/", headers={"Authorization": bearer}).status_code == 302


# Whoever is outside


def test_whoever_guesses(world: World, settings: Any) -> None:
    set_limits(settings, sign_in_name="3/hour")
    client = ApiClient(None)
    wrong = [{"username": "member", "password": f"guess {number}"} for number in range(4)]
    assert [client.post("/api/v1/auth/token", body).status_code for body in wrong] == [401, 401, 401, 429]
    assert ApiClient(bearer="neo_sk_guess").get(SECRETS).status_code == 401
    assert ApiClient(world.stranger).get(f"{SECRETS}/{uuid4()}").status_code == 404
    for event in ("sign_in.refused", "sign_in.paused", "credential.refused", "access.denied"):
        assert world.told(event)


def test_hostile_client(world: World) -> None:
    client, before = ApiClient(world.member), Secret.objects.count()
    for body in (b"", b"{", b"[" * 400, b'{"name": "A", "name": "B"}', b'{"name": NaN}', b"\xff", b'{"x": 1e999}'):
        assert client.post(SECRETS, body).status_code == 400
    assert client.post(SECRETS, b"x" * 2_000_000).status_code == 413
    assert Secret.objects.count() == before


def test_eavesdropper(world: World, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get(SECRETS)
    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{SECRETS}")
    settings.SECURE_HSTS_SECONDS = 3_600
    assert "max-age=3600" in Client().get(SECRETS, secure=True)["Strict-Transport-Security"]


# The page


def rows_of_the_page() -> list[str]:
    """Return the actors in the table of the page, each as the name of its test."""
    section = PAGE.read_text(encoding="utf-8").partition("## Actors")[2].partition("\n## ")[0]
    names = re.findall(r"^\| \*\*([^*]+)\*\*", section, re.MULTILINE)
    assert len(names) == len([line for line in section.splitlines() if line.startswith("| ")]) - 2
    return [f"test_{re.sub(r'[^a-z]+', '_', name.lower())}" for name in names]


def test_every_row_of_the_page_is_run_here() -> None:
    of_the_page = ["test_every_row_of_the_page_is_run_here", "test_each_row_has_every_cell"]
    tests = [name for name in vars(THIS) if name.startswith("test_")]
    assert sorted([*rows_of_the_page(), *of_the_page]) == sorted(tests)


def test_each_row_has_every_cell() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Actors")[2].partition("\n## ")[0]
    for line in [line for line in section.splitlines() if line.startswith("| **")]:
        assert len([cell for cell in line.strip("|").split("|") if cell.strip()]) == 5, line
