"""The actions on secrets: creators, announcements, versions, preconditions and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as DjangoPermission
from django.db import connection, transaction
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import APIException

from neo_base.access.actors import Actor
from neo_base.access.errors import NotAMember, RoleTooLow
from neo_base.rest.errors import PreconditionFailed
from projects.models import Project
from secrets_app import signals, vault
from secrets_app.actions.creation import Draft, create_secret, create_secrets
from secrets_app.actions.secrets import delete_secret, restore_version, update_secret
from secrets_app.errors import NameTaken, NoSuchSecret, TooManySecrets
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, make_secret
from tests.refusals import refusal_of

pytestmark = pytest.mark.usefixtures("each_way")

SIGNALS = {
    "created": signals.secret_created,
    "updated": signals.secret_updated,
    "deleted": signals.secret_deleted,
}
Heard = list[tuple[str, dict[str, Any]]]
Capture = Callable[..., Any]


class GoBackError(Exception):
    pass


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Return the announced signals with their arguments, in order."""
    announced: Heard = []
    receivers: list[tuple[Signal, Any]] = []
    for name, signal in SIGNALS.items():

        def receive(sender: Any, name: str = name, **arguments: Any) -> None:
            announced.append((name, arguments))

        signal.connect(receive)
        receivers.append((signal, receive))
    yield announced
    for signal, receive in receivers:
        signal.disconnect(receive)


@pytest.fixture
def secret(member: Any) -> Secret:
    return make_secret(member)


def draft(owner: Owner, name: str = "TOKEN", value: str = CANARY, **columns: Any) -> Draft:
    return Draft(owner=owner, name=name, value=Plaintext(value), **columns)


def operator_with(user: Any, *codenames: str) -> Actor:
    wanted = DjangoPermission.objects.filter(codename__in=codenames, content_type__app_label="secrets_app")
    user.user_permissions.set(wanted)
    return Actor.from_staff(get_user_model()._default_manager.get(pk=user.pk))


def run_all(actor: Actor, owner: Owner) -> Secret:
    """Call each action once: create, update, set a value, restore and delete."""
    secret = create_secret(actor=actor, draft=draft(owner))
    update_secret(actor=actor, secret_id=secret.id, changes={"description": "new"})
    update_secret(actor=actor, secret_id=secret.id, value=Plaintext(CANARY))
    restore_version(actor=actor, secret_id=secret.id, version=1)
    delete_secret(actor=actor, secret_id=secret.id)
    return secret


def test_each_change_is_announced_after_the_commit(
    member: Any, heard: Heard, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        run_all(Actor.from_user(member), Owner(user_id=member.pk))
    assert heard == []
    for callback in callbacks:
        callback()
    assert [name for name, _ in heard] == ["created", "updated", "updated", "updated", "deleted"]


def test_an_announcement_says_what_changed_and_who_acted(
    member: Any, heard: Heard, django_capture_on_commit_callbacks: Capture
) -> None:
    actor, owner = Actor.from_user(member), Owner(user_id=member.pk)
    with django_capture_on_commit_callbacks(execute=True):
        secret = run_all(actor, owner)
    details = [{key: arguments[key] for key in arguments.keys() - {"signal"}} for _, arguments in heard]
    assert {arguments["actor"] for arguments in details} == {actor}
    assert [arguments.get("changed") for arguments in details] == [None, ["description"], ["value"], ["value"], None]
    assert details[0]["secret"] == Secret(id=secret.id)
    assert details[-1] == {"secret_id": secret.id, "owner": owner, "actor": actor}


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_is_not_announced(member: Any, heard: Heard) -> None:
    with pytest.raises(GoBackError), transaction.atomic():
        run_all(Actor.from_user(member), Owner(user_id=member.pk))
        raise GoBackError
    assert heard == []
    assert not Secret.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refused_change_is_not_announced(member: Any, stranger: Any, heard: Heard) -> None:
    secret = make_secret(member)
    heard.clear()
    actor = Actor.from_user(stranger)
    refusals = [
        refusal_of(update_secret, actor=actor, secret_id=secret.id, changes={"description": "x"}),
        refusal_of(delete_secret, actor=actor, secret_id=secret.id),
        refusal_of(make_secret, member),
    ]
    assert refusals == [NoSuchSecret, NoSuchSecret, NameTaken]
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_failing_receiver_does_not_undo_the_change(member: Any) -> None:
    def fail(**_: Any) -> None:
        raise GoBackError

    signals.secret_created.connect(fail)
    try:
        make_secret(member)
    finally:
        signals.secret_created.disconnect(fail)
    assert Secret.objects.count() == 1


def test_no_announcement_carries_a_value(
    member: Any, heard: Heard, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run_all(Actor.from_user(member), Owner(user_id=member.pk))
    said = [part for _, arguments in heard for part in arguments.values()]
    held = [held for part in said for held in getattr(part, "__dict__", {}).values()]
    assert not [part for part in (*said, *held) if isinstance(part, Plaintext) or part == CANARY]


@pytest.mark.parametrize("name", ["member", "superuser"])
def test_the_creator_is_stored(name: str, member: Any, superuser: Any, project: Project) -> None:
    user = {"member": member, "superuser": superuser}[name]
    actor = {"member": Actor.from_user(member), "superuser": Actor.from_staff(superuser)}[name]
    secret = create_secret(actor=actor, draft=draft(Owner(project_id=project.id)))
    assert Secret.objects.get(pk=secret.pk).created_by == user


def test_a_secret_of_the_system_has_no_creator(project: Project, member: Any) -> None:
    for owner in (Owner(project_id=project.id), Owner(user_id=member.pk)):
        assert create_secret(actor=Actor.system(), draft=draft(owner)).created_by is None


def test_a_secret_outlives_its_creator(project: Project, member: Any) -> None:
    secret = make_secret(member, project_id=project.id)
    member.delete()
    secret.refresh_from_db()
    assert secret.created_by is None
    assert vault.open_value(secret).reveal() == CANARY


@pytest.mark.parametrize(
    ("needed", "call"),
    [
        ("add_secret", lambda actor, secret: create_secret(actor=actor, draft=draft(secret.owner, "NEW"))),
        ("change_secret", lambda actor, secret: update_secret(actor=actor, secret_id=secret.id, changes={})),
        ("change_secret", lambda actor, secret: restore_version(actor=actor, secret_id=secret.id, version=1)),
        ("delete_secret", lambda actor, secret: delete_secret(actor=actor, secret_id=secret.id)),
    ],
    ids=["create", "update", "restore", "delete"],
)
def test_an_operator_needs_the_django_permission(
    needed: str, call: Callable[[Actor, Secret], object], staff: Any, secret: Secret
) -> None:
    others = {"add_secret", "change_secret", "delete_secret", "view_secret"} - {needed}
    assert refusal_of(call, operator_with(staff, *others), secret) is RoleTooLow
    assert refusal_of(call, operator_with(staff, needed), secret) is None


@pytest.mark.parametrize("changes", [None, {}])
def test_an_empty_update_changes_nothing(
    changes: Any, member: Any, secret: Secret, heard: Heard, django_capture_on_commit_callbacks: Capture
) -> None:
    before = Secret.objects.values().get()
    with django_capture_on_commit_callbacks(execute=True):
        update_secret(actor=Actor.from_user(member), secret_id=secret.id, changes=changes)
    assert Secret.objects.values().get() == before
    assert heard == []


def test_metadata_adds_a_revision_and_a_value_adds_a_version(member: Any, secret: Secret) -> None:
    actor = Actor.from_user(member)
    described = update_secret(actor=actor, secret_id=secret.id, changes={"description": "new"})
    assert (described.revision, described.version, described.value) == (2, 1, secret.value)
    assert described.updated_at > secret.updated_at
    set_anew = update_secret(actor=actor, secret_id=secret.id, value=Plaintext("second"))
    assert (set_anew.revision, set_anew.version) == (3, 2)
    assert vault.open_value(set_anew.former_versions.get()).reveal() == CANARY


def test_restoring_the_current_version_adds_a_version(member: Any, secret: Secret) -> None:
    restored = restore_version(actor=Actor.from_user(member), secret_id=secret.id, version=1)
    assert (restored.version, vault.open_value(restored).reveal()) == (2, CANARY)


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_versions_beyond_the_limit_are_deleted(kept: int, member: Any, secret: Secret, settings: Any) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"VERSIONS_KEPT": kept}
    for number in range(2, 6):
        update_secret(actor=Actor.from_user(member), secret_id=secret.id, value=Plaintext(f"value {number}"))
    versions = [5, *secret.former_versions.values_list("version", flat=True)]
    assert versions == [5, 4, 3, 2, 1][:kept]
    assert refusal_of(restore_version, actor=Actor.from_user(member), secret_id=secret.id, version=5 - kept) is (
        NoSuchSecret
    )


@pytest.mark.parametrize(
    ("if_match", "refusal"),
    [
        (None, None),
        (["*"], None),
        (['"1"'], None),
        (['"0"', '"1"'], None),
        (['"2"'], PreconditionFailed),
        (['W/"1"'], PreconditionFailed),
        ([], PreconditionFailed),
    ],
)
def test_every_change_checks_if_match(
    if_match: list[str] | None, refusal: type[APIException] | None, member: Any, secret: Secret
) -> None:
    given: dict[str, Any] = {"actor": Actor.from_user(member), "secret_id": secret.id, "if_match": if_match}
    calls: list[tuple[Callable[..., object], dict[str, Any]]] = [
        (update_secret, {"changes": {}}),
        (update_secret, {"changes": {"description": "x"}}),
        (restore_version, {"version": 1}),
        (delete_secret, {}),
    ]
    for call, arguments in calls:
        Secret.objects.update(revision=1)
        assert refusal_of(call, **given, **arguments) is refusal


@pytest.mark.parametrize("call", [update_secret, delete_secret])
def test_a_missing_secret_looks_like_another_users(call: Any, member: Any, stranger: Any, secret: Secret) -> None:
    assert refusal_of(call, actor=Actor.from_user(stranger), secret_id=secret.id) is NoSuchSecret
    assert refusal_of(call, actor=Actor.from_user(member), secret_id=uuid4()) is NoSuchSecret


def test_a_batch_with_one_forbidden_draft_stores_none(member: Any, project: Project, stranger: Any) -> None:
    drafts = [draft(Owner(user_id=stranger.pk)), draft(Owner(project_id=project.id))]
    assert refusal_of(create_secrets, actor=Actor.from_user(stranger), drafts=drafts) is NotAMember
    assert not Secret.objects.exists()


def test_a_batch_with_one_taken_name_stores_none(member: Any, secret: Secret) -> None:
    drafts = [draft(secret.owner, "NEW"), draft(secret.owner, "TOKEN")]
    assert refusal_of(create_secrets, actor=Actor.from_user(member), drafts=drafts) is NameTaken
    assert Secret.objects.get() == secret


def test_a_batch_costs_the_same_at_any_length(member: Any, project: Project) -> None:
    owners = (Owner(user_id=member.pk), Owner(project_id=project.id))
    counts = []
    for number, length in enumerate((1, 1, 10)):
        drafts = [draft(owner, f"B{number}_{each}") for owner in owners for each in range(length)]
        with CaptureQueriesContext(connection) as queries:
            create_secrets(actor=Actor.from_user(member), drafts=drafts)
        counts.append(len(queries))
    # The first one also makes the owners' keys.
    assert counts[2] == counts[1] < counts[0]


def test_the_limit_of_secrets_is_per_owner(member: Any, project: Project, settings: Any) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 2}
    owner = Owner(user_id=member.pk)
    create_secrets(actor=Actor.from_user(member), drafts=[draft(owner, "A"), draft(owner, "B")])
    assert refusal_of(make_secret, member, name="C") is TooManySecrets
    assert refusal_of(make_secret, member, name="C", project_id=project.id) is None


def test_the_repr_of_a_draft_has_no_value(member: Any) -> None:
    assert CANARY not in repr(draft(Owner(user_id=member.pk)))


def test_a_secret_gets_the_id_of_its_draft(member: Any) -> None:
    wanted = uuid4()
    secret = create_secret(actor=Actor.from_user(member), draft=draft(Owner(user_id=member.pk), id=wanted))
    assert secret.id == wanted
    assert vault.open_value(Secret.objects.get(pk=wanted)).reveal() == CANARY
