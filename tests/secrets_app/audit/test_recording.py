"""Each audit event: its actor and owner, and that it commits together with what happened, or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor, Credential, Limits, Origin
from neo_base.audit.subjects import Subject
from neo_site.signin import actions as signin
from neo_site.signin.models import Session
from projects.actions import create_project
from projects.models import Membership, Project
from secrets_app.actions.creation import Draft, create_secret, create_secrets
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.audit.macs import TEXTS, audit_key, event_parts
from secrets_app.audit.recording import build_event, record
from secrets_app.crypto import KeyringError, OpenFailed
from secrets_app.errors import AuditUnavailable
from secrets_app.models import AuditEvent, Secret, ServiceToken
from secrets_app.models.audit import AppendOnly
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, Api, make_secret
from tests.contract import SECRETS, assert_problem
from tests.refusals import refusal_of
from tests.secrets_app.audit.conftest import Unwritable
from tests.secrets_app.conftest import UseKeys

SUBJECT = Subject("secret", "1", "TOKEN")
ORIGIN = Origin("a" * 32, "192.0.2.7", Credential("service_token", "7"))


def rows(event: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event=event))


def draft(user: Any, name: str = "TOKEN") -> Draft:
    return Draft(owner=Owner(user_id=user.pk), name=name, value=Plaintext(CANARY))


def check(row: AuditEvent) -> None:
    audit_key(row.key_id).check(bytes(row.mac), *event_parts(row))


def test_event_names_actor_credential_and_origin(member: Any) -> None:
    actor = Actor.from_user(member, Limits(frozenset({"secrets:write"})), ORIGIN)
    secret = create_secret(actor=actor, draft=draft(member))
    (row,) = rows("secret.created")
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("user", str(member.pk), "member")
    assert (row.credential_kind, row.credential_id) == ("service_token", "7")
    assert (row.request_id, row.address) == ("a" * 32, "192.0.2.7")
    assert (row.subject_kind, row.subject_id, row.subject_label) == ("secret", str(secret.id), "TOKEN")
    assert (row.user_id, row.project_id, row.outcome) == (str(member.pk), None, "done")


def test_event_of_a_project_names_no_user_as_owner(member: Any, project: Project) -> None:
    make_secret(member, project_id=project.id)
    (row,) = rows("secret.created")
    assert (row.user_id, row.project_id) == ("", project.id)


def test_system_and_anonymous_actors_have_no_name(db: None) -> None:
    record("audit.exported", actor=Actor.system("audit"), subject=SUBJECT)
    record("audit.exported", actor=None, subject=SUBJECT)
    nobody, system = AuditEvent.objects.all()
    assert (system.actor_kind, system.credential_kind, system.credential_id) == ("system", "command", "audit")
    assert (nobody.actor_kind, nobody.actor_id, nobody.actor_label) == ("anonymous", "", "")


def test_api_event_names_request_address_and_session(api: Api, member: Any) -> None:
    answer = api(member).post(SECRETS, {"name": "TOKEN", "value": CANARY})
    (row,) = rows("secret.created")
    assert row.request_id == answer.headers["X-Request-Id"]
    assert row.address == "127.0.0.1"
    assert (row.credential_kind, row.credential_id) == ("session", str(Session.objects.get().pk))


def test_event_holds_a_hash_of_the_session_cookie(client: Any, superuser: Any) -> None:
    client.force_login(superuser)
    key = client.session.session_key
    (row,) = rows("session.started")
    request = RequestFactory().get("/")
    request.session = client.session
    assert (row.credential_kind, row.credential_id) == Origin.of(request).credential
    assert len(row.credential_id) == 32
    assert key not in f"{vars(row)}"


def test_event_outlives_actor_and_subject(member: Any) -> None:
    secret = make_secret(member)
    delete_secret(actor=Actor.from_user(member), secret_id=secret.id)
    member.delete()
    assert [row.subject_label for row in rows("secret.deleted")] == ["TOKEN"]
    assert [row.actor_label for row in rows("secret.deleted")] == ["member"]


def test_no_event_holds_a_value_or_a_token(member: Any) -> None:
    actor = Actor.from_user(member)
    secret = create_secret(actor=actor, draft=draft(member))
    update_secret(actor=actor, secret_id=secret.id, value=Plaintext(CANARY), changes={"description": CANARY})
    new = create_token(actor=actor, name="deploy", scopes=["secrets:read"])
    shown = "".join(f"{vars(row)}" for row in AuditEvent.objects.all())
    assert CANARY not in shown
    assert new.text not in shown


def test_rolled_back_action_leaves_no_event(member: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        make_secret(member)
        raise RuntimeError
    assert rows("secret.created") == []


def test_refused_action_leaves_no_event_of_it(member: Any, stranger: Any) -> None:
    secret = make_secret(member)
    refusal_of(delete_secret, actor=Actor.from_user(stranger), secret_id=secret.id)
    assert rows("secret.deleted") == []


def test_unchanged_secret_makes_no_event(member: Any) -> None:
    update_secret(actor=Actor.from_user(member), secret_id=make_secret(member).id)
    assert rows("secret.updated") == []


def test_batch_costs_one_insert(member: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        create_secrets(actor=Actor.from_user(member), drafts=[draft(member, name) for name in ("A", "B", "C")])
    assert sorted(row.subject_label for row in rows("secret.created")) == ["A", "B", "C"]
    assert len([query for query in queries if "auditevent" in query["sql"]]) == 1


# An action that cannot be recorded is undone


@pytest.mark.django_db(transaction=True)
def test_unwritable_log_stops_the_api_with_503(api: Api, member: Any, unwritable: Unwritable) -> None:
    client = api(member)
    with unwritable():
        answer = client.post(SECRETS, {"name": "TOKEN", "value": CANARY})
    assert_problem(answer, 503, "audit_unavailable")
    assert answer.headers["Retry-After"]
    assert not Secret.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_action_that_cannot_be_recorded_is_undone(
    member: Any, admin: Any, project: Project, unwritable: Unwritable
) -> None:
    actor, secret = Actor.from_user(member), make_secret(member)
    with unwritable():
        refusals = [
            refusal_of(create_secret, actor=actor, draft=draft(member, "OTHER")),
            refusal_of(update_secret, actor=actor, secret_id=secret.id, changes={"description": "new"}),
            refusal_of(delete_secret, actor=actor, secret_id=secret.id),
            refusal_of(create_token, actor=actor, name="deploy", scopes=["secrets:read"]),
            refusal_of(create_project, actor=actor, project_id=uuid4()),
            refusal_of(signin.sign_in, user=member),
        ]
    assert refusals == [AuditUnavailable] * 6
    assert [(row.name, row.description) for row in Secret.objects.all()] == [("TOKEN", "")]
    assert not ServiceToken.objects.exists()
    assert Project.objects.count() == 1
    assert Membership.objects.filter(user=admin).count() == 1
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_missing_key_for_the_mac_undoes_the_action(
    member: Any, use_keys: UseKeys, key_line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keys(key_line("a"))
    make_secret(member)

    def unreachable(key_id: str) -> None:
        raise KeyringError("The key service does not answer.")

    monkeypatch.setattr("secrets_app.audit.recording.audit_key", unreachable)
    assert refusal_of(make_secret, member, name="OTHER") is AuditUnavailable
    assert [secret.name for secret in Secret.objects.all()] == ["TOKEN"]


# The MAC


def altered(row: AuditEvent, name: str) -> Any:
    """Another setting of one column."""
    others = {"id": uuid4(), "at": timezone.now(), "project_id": UUID(int=7), "data": {"version": 7}}
    return others.get(name, f"{getattr(row, name)}x")


@pytest.mark.parametrize("name", ["id", "at", "project_id", "data", *TEXTS])
def test_mac_covers_each_column(name: str, member: Any) -> None:
    make_secret(member)
    (row,) = rows("secret.created")
    check(row)
    key, mac = audit_key(row.key_id), bytes(row.mac)
    setattr(row, name, altered(row, name))
    with pytest.raises(OpenFailed):
        key.check(mac, *event_parts(row))


def test_mac_leaves_out_no_column() -> None:
    columns = {field.name for field in AuditEvent._meta.get_fields()}
    assert columns == {"id", "at", "project_id", "data", *TEXTS} | {"mac", "block", "granted_set_id"}


def test_shifted_texts_change_the_mac() -> None:
    one, other = build_event("audit.exported", actor=None, subject=SUBJECT), None
    parts = list(event_parts(one))
    key = audit_key(one.key_id)
    other = [*parts[:4], parts[4] + parts[5], b"", *parts[6:]]
    assert key.tag(*parts) != key.tag(*other)


# Append-only


def test_events_cannot_be_changed_or_deleted(member: Any) -> None:
    make_secret(member)
    (row,) = rows("secret.created")
    for change in (row.save, row.delete, AuditEvent.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        AuditEvent.objects.update(event="secret.deleted")
