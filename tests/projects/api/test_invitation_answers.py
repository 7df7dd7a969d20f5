"""POST /api/v1/invitations/accept and POST /api/v1/invitations/decline"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects import actions, signals
from projects.errors import NoSuchInvitation
from projects.invitation_actions import accept_invitation, decline_invitation
from projects.models import Invitation, Membership, Project
from projects.tokens import digest, new_token
from secrets_app.models import AuditEvent
from tests.cast import CANARY, Api, ApiClient, Invited, make_invitation, make_project, make_user
from tests.contract import PROJECTS, assert_problem, body_but_for_request_id, invalid_fields
from tests.openapi import plain_document
from tests.refusals import refusal_of

ACCEPT = "/api/v1/invitations/accept"
DECLINE = "/api/v1/invitations/decline"
MALFORMED = ["", " ", "x", CANARY, "\u00e9", "\u2022" * 43, 43 * "A", 10_000 * "A"]

Breaks = Callable[[Any, Project, Invitation], object]


@pytest.fixture
def invited(project: Project, admin: Any, stranger: Any) -> Invited:
    """Invite `stranger` into `project` as a member."""
    return make_invitation(admin, project, stranger.email)


def role_of(user: Any, project: Project) -> str | None:
    return Membership.objects.of_project(project.id).filter(user=user).values_list("role", flat=True).first()


def state() -> str:
    return Invitation.objects.get().state


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_who_is_invited_accepts_and_belongs_to_the_project(
    api: Api, project: Project, admin: Any, stranger: Any, role: str, slash: str
) -> None:
    token, client = make_invitation(admin, project, stranger.email, Role(role)).token, api(stranger)
    answer = client.post(ACCEPT + slash, {"token": token})
    assert answer.status_code == 200
    assert answer.json() == client.get(f"{PROJECTS}/{project.id}").json()
    assert answer.json()["project"]["role"] == role == role_of(stranger, project)
    assert state() == "accepted"


@pytest.mark.parametrize("slash", ["", "/"])
def test_who_is_invited_declines_and_does_not(
    api: Api, project: Project, stranger: Any, invited: Invited, slash: str
) -> None:
    answer = api(stranger).post(DECLINE + slash, {"token": invited.token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert role_of(stranger, project) is None
    assert state() == "declined"


@pytest.mark.parametrize("first", [ACCEPT, DECLINE])
@pytest.mark.parametrize("second", [ACCEPT, DECLINE])
def test_a_token_works_once(api: Api, stranger: Any, invited: Invited, first: str, second: str) -> None:
    client, body = api(stranger), {"token": invited.token}
    assert client.post(first, body).status_code in (200, 204)
    before = state()
    assert_problem(client.post(second, body), 404, "no_such_invitation")
    assert state() == before


@pytest.mark.parametrize("account", ["Ada@Example.com", "ADA@EXAMPLE.COM", "ada@example.com"])
@pytest.mark.parametrize("sent_to", ["aDa@example.com", "ada@EXAMPLE.com"])
def test_case_makes_no_difference_to_an_address(
    api: Api, project: Project, admin: Any, account: str, sent_to: str
) -> None:
    user = make_user("ada")
    user.email = account
    user.save()
    token = make_invitation(admin, project, sent_to).token
    assert api(user).post(ACCEPT, {"token": token}).status_code == 200


@pytest.mark.parametrize("address", ["", " mike@example.com", "mike@example.com ", "mi\u212ae@example.com", "mike"])
@pytest.mark.parametrize("path", [ACCEPT, DECLINE])
def test_an_address_that_only_looks_the_same_is_another_one(
    api: Api, project: Project, admin: Any, path: str, address: str
) -> None:
    user = make_user("mike")
    user.email = address
    user.save()
    token = make_invitation(admin, project, "mike@example.com").token
    assert_problem(api(user).post(path, {"token": token}), 404, "no_such_invitation")
    assert state() == "open"


def test_a_site_may_let_any_holder_of_the_token_accept(
    api: Api, project: Project, member: Any, invited: Invited, settings: Any
) -> None:
    settings.PROJECTS = {"INVITATION_EMAIL_MUST_MATCH": False}
    outsider = make_user("outsider")
    assert api(outsider).post(ACCEPT, {"token": invited.token}).status_code == 200
    assert role_of(outsider, project) == "member"


@pytest.mark.parametrize("value", [None, "false", 0, ""])
def test_only_a_plain_false_waives_the_rule(
    api: Api, project: Project, invited: Invited, settings: Any, value: Any
) -> None:
    settings.PROJECTS = {"INVITATION_EMAIL_MUST_MATCH": value}
    outsider = make_user("outsider")
    assert_problem(api(outsider).post(ACCEPT, {"token": invited.token}), 404, "no_such_invitation")


def expire(admin: Any, project: Project, invitation: Invitation) -> None:
    Invitation.objects.update(expires_at=timezone.now())


def accept(admin: Any, project: Project, invitation: Invitation) -> None:
    Invitation.objects.update(accepted_at=timezone.now())


def decline(admin: Any, project: Project, invitation: Invitation) -> None:
    Invitation.objects.update(declined_at=timezone.now())


def revoke(admin: Any, project: Project, invitation: Invitation) -> None:
    Invitation.objects.update(revoked_at=timezone.now())


def replace(admin: Any, project: Project, invitation: Invitation) -> None:
    make_invitation(admin, project, invitation.email)


def demote_the_inviter(admin: Any, project: Project, invitation: Invitation) -> None:
    actor = Actor.from_user(admin)
    actions.add_member(actor=actor, project_id=project.id, username="heir", role=Role.ADMIN)
    actions.change_role(actor=actor, project_id=project.id, user_id=admin.pk, role=Role.MEMBER)


def remove_the_inviter(admin: Any, project: Project, invitation: Invitation) -> None:
    actor = Actor.from_user(admin)
    actions.add_member(actor=actor, project_id=project.id, username="heir", role=Role.ADMIN)
    actions.remove_member(actor=actor, project_id=project.id, user_id=admin.pk)


def delete_the_inviter(admin: Any, project: Project, invitation: Invitation) -> None:
    remove_the_inviter(admin, project, invitation)
    admin.delete()


def deactivate_the_inviter(admin: Any, project: Project, invitation: Invitation) -> None:
    admin.is_active = False
    admin.save()


def delete_the_project(admin: Any, project: Project, invitation: Invitation) -> None:
    actions.delete_project(actor=Actor.from_user(admin), project_id=project.id)


def send_it_to_another(admin: Any, project: Project, invitation: Invitation) -> None:
    Invitation.objects.update(email="another@example.com")


def nothing_is_stored(admin: Any, project: Project, invitation: Invitation) -> None:
    Invitation.objects.all().delete()


BROKEN: list[Breaks] = [
    expire,
    accept,
    decline,
    revoke,
    replace,
    delete_the_project,
    send_it_to_another,
    nothing_is_stored,
]
BROKEN_BY_THE_INVITER: list[Breaks] = [
    demote_the_inviter,
    remove_the_inviter,
    delete_the_inviter,
    deactivate_the_inviter,
]


@pytest.mark.parametrize(
    ("path", "breaks"),
    [*[(ACCEPT, breaks) for breaks in [*BROKEN, *BROKEN_BY_THE_INVITER]], *[(DECLINE, breaks) for breaks in BROKEN]],
)
def test_anything_wrong_is_answered_like_an_unknown_token(
    api: Api, project: Project, admin: Any, stranger: Any, invited: Invited, path: str, breaks: Breaks
) -> None:
    make_user("heir")
    client = api(stranger)
    breaks(admin, project, invited.row)
    answers = [client.post(path, {"token": token}) for token in (invited.token, new_token())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    assert_problem(answers[0], 404, "no_such_invitation")
    assert not Membership.objects.filter(user=stranger).exists()


@pytest.mark.parametrize("path", [ACCEPT, DECLINE])
@pytest.mark.parametrize("token", MALFORMED)
def test_so_it_is_for_what_cannot_be_a_token(api: Api, stranger: Any, invited: Invited, path: str, token: str) -> None:
    client = api(stranger)
    answers = [client.post(path, {"token": sent}) for sent in (token, new_token())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda token: token[:-1], lambda token: f" {token}", digest])
def test_a_token_counts_as_it_is(api: Api, stranger: Any, invited: Invited, change: Callable[[str], str]) -> None:
    assert_problem(api(stranger).post(ACCEPT, {"token": change(invited.token)}), 404, "no_such_invitation")


@pytest.mark.parametrize("path", [ACCEPT, DECLINE])
@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "token"),
        ({"token": None}, "token"),
        ({"token": 1}, "token"),
        ({"token": ["x"]}, "token"),
        ({"token": "x", "email": CANARY}, "body"),
        ([], "body"),
    ],
)
def test_other_bodies_are_refused(api: Api, stranger: Any, path: str, body: Any, complaint: str) -> None:
    assert invalid_fields(api(stranger).post(path, body)) == {complaint}


@pytest.mark.parametrize("path", [ACCEPT, DECLINE])
def test_a_token_is_not_taken_from_the_query(api: Api, stranger: Any, invited: Invited, path: str) -> None:
    assert invalid_fields(api(stranger).post(f"{path}?token={invited.token}", {})) == {"query"}
    assert state() == "open"


@pytest.mark.parametrize("path", [ACCEPT, DECLINE])
def test_answering_needs_a_signed_in_user(api: Api, invited: Invited, path: str) -> None:
    assert_problem(api(None).post(path, {"token": invited.token}), 401, "not_authenticated")
    assert state() == "open"


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_a_member_keeps_their_role_and_the_invitation_stays(
    api: Api, request: pytest.FixtureRequest, project: Project, admin: Any, role: str
) -> None:
    user = request.getfixturevalue(role)
    token = make_invitation(admin, project, user.email, Role.ADMIN).token
    assert_problem(api(user).post(ACCEPT, {"token": token}), 409, "already_a_member")
    assert role_of(user, project) == role
    assert state() == "open"


def test_removing_a_member_revokes_an_invitation_to_come_back(
    api: Api, project: Project, admin: Any, member: Any
) -> None:
    token = make_invitation(admin, project, member.email, Role.ADMIN).token
    api(admin).delete(f"{PROJECTS}/{project.id}/members/{member.pk}")
    assert_problem(api(member).post(ACCEPT, {"token": token}), 404, "no_such_invitation")


def test_another_admin_does_not_stand_in_for_the_inviter(
    api: Api, project: Project, admin: Any, stranger: Any, invited: Invited
) -> None:
    make_user("heir")
    demote_the_inviter(admin, project, invited.row)
    assert_problem(api(stranger).post(ACCEPT, {"token": invited.token}), 404, "no_such_invitation")
    assert state() == "revoked"


def leave_and_return(admin: Any, project: Project) -> None:
    actor = Actor.from_user(make_heir(project, admin))
    actions.remove_member(actor=actor, project_id=project.id, user_id=admin.pk)
    actions.add_member(actor=actor, project_id=project.id, username="admin", role=Role.ADMIN)


def become_member_and_admin_again(admin: Any, project: Project) -> None:
    actor = Actor.from_user(make_heir(project, admin))
    for role in (Role.MEMBER, Role.ADMIN):
        actions.change_role(actor=actor, project_id=project.id, user_id=admin.pk, role=role)


def hand_over_and_take_back(admin: Any, project: Project) -> None:
    heir = make_user("heir")
    actions.add_member(actor=Actor.from_user(admin), project_id=project.id, username="heir", role=Role.MEMBER)
    actions.transfer_project(actor=Actor.from_user(admin), project_id=project.id, user_id=heir.pk)
    actions.transfer_project(actor=Actor.from_user(heir), project_id=project.id, user_id=admin.pk)


def be_deactivated_and_activated(admin: Any, project: Project) -> None:
    make_heir(project, admin)
    for is_active in (False, True):
        admin.is_active = is_active
        admin.save()


def be_deleted(admin: Any, project: Project) -> None:
    make_heir(project, admin)
    admin.delete()


def make_heir(project: Project, admin: Any) -> Any:
    """Make another admin of the project."""
    heir = make_user("heir")
    actions.add_member(actor=Actor.from_user(admin), project_id=project.id, username="heir", role=Role.ADMIN)
    return heir


@pytest.mark.parametrize(
    "go",
    [
        leave_and_return,
        become_member_and_admin_again,
        hand_over_and_take_back,
        be_deactivated_and_activated,
        be_deleted,
    ],
)
def test_an_invitation_ends_when_its_inviter_loses_the_right(
    api: Api, project: Project, admin: Any, stranger: Any, invited: Invited, go: Callable[[Any, Project], None]
) -> None:
    go(admin, project)
    assert state() == "revoked"
    assert_problem(api(stranger).post(ACCEPT, {"token": invited.token}), 404, "no_such_invitation")
    assert AuditEvent.objects.filter(event="invitation.revoked", subject_id=str(invited.row.pk)).count() == 1


def test_invitations_of_others_and_into_other_projects_stay(project: Project, admin: Any, invited: Invited) -> None:
    elsewhere = make_invitation(admin, make_project(admin), "somebody@example.com")
    heir = make_heir(project, admin)
    theirs = make_invitation(heir, project, "nobody@example.com")
    actions.change_role(actor=Actor.from_user(heir), project_id=project.id, user_id=admin.pk, role=Role.VIEWER)
    assert {row.pk for row in Invitation.objects.live()} == {elsewhere.row.pk, theirs.row.pk}


def test_an_inviter_who_is_admin_only_elsewhere_does_not_count(
    api: Api, project: Project, admin: Any, stranger: Any, invited: Invited
) -> None:
    make_project(admin)
    make_user("heir")
    demote_the_inviter(admin, project, invited.row)
    assert_problem(api(stranger).post(ACCEPT, {"token": invited.token}), 404, "no_such_invitation")


@pytest.mark.parametrize(
    ("seconds", "refusal"),
    [(604_799, None), (604_800, NoSuchInvitation), (604_801, NoSuchInvitation), (10**9, NoSuchInvitation)],
)
@pytest.mark.parametrize("act", [accept_invitation, decline_invitation])
def test_it_ends_at_its_time(
    monkeypatch: pytest.MonkeyPatch, stranger: Any, invited: Invited, act: Any, seconds: int, refusal: type | None
) -> None:
    later = invited.row.created_at + timedelta(seconds=seconds)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert refusal_of(act, actor=Actor.from_user(stranger), token_digest=digest(invited.token)) is refusal


def test_joining_is_announced_and_the_token_is_nowhere(
    project: Project, stranger: Any, invited: Invited, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[tuple[Any, dict[str, Any]]] = []
    listened = [signals.member_added, signals.invitation_accepted]

    def hear(sender: Any, signal: Any, **arguments: Any) -> None:
        heard.append((signal, arguments))

    for signal in listened:
        signal.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            accept_invitation(actor=Actor.from_user(stranger), token_digest=digest(invited.token))
    finally:
        for signal in listened:
            signal.disconnect(hear)
    assert [signal for signal, _ in heard] == listened
    added, accepted = (arguments for _, arguments in heard)
    assert (added["membership"].user, added["membership"].project_id) == (stranger, project.id)
    assert (accepted["invitation"], accepted["invitation"].state) == (invited.row, "accepted")
    assert invited.token not in str([vars(value) for _, arguments in heard for value in arguments.values()])


@pytest.mark.parametrize("paths", [(ACCEPT, ACCEPT), (ACCEPT, DECLINE), (DECLINE, DECLINE)], ids=str)
@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(
    project: Project, stranger: Any, invited: Invited, paths: tuple[str, str]
) -> None:
    statuses = [status for status in at_once(stranger, invited.token, paths) if status != 404]
    assert len(statuses) == 1
    ends = {200: ("accepted", "member"), 204: ("declined", None)}
    assert (state(), role_of(stranger, project)) == ends[statuses[0]]


@pytest.mark.django_db(transaction=True)
def test_of_many_accounts_that_accept_at_once_one_joins(
    project: Project, stranger: Any, invited: Invited, settings: Any
) -> None:
    settings.PROJECTS = {"INVITATION_EMAIL_MUST_MATCH": False}
    users = [stranger, *(make_user(f"racer{number}") for number in range(5))]
    jobs = [(ApiClient(user), ACCEPT) for user in users]
    assert sorted(together(jobs, invited.token)) == [200, 404, 404, 404, 404, 404]
    assert Membership.objects.filter(user__in=users).count() == 1


def at_once(user: Any, token: str, paths: tuple[str, ...]) -> list[int]:
    return together([(ApiClient(user), path) for path in paths], token)


def together(jobs: list[tuple[ApiClient, str]], token: str) -> list[int]:
    """Post the token with each client to its path, all at the same time; return the statuses."""
    barrier = Barrier(len(jobs), timeout=300)
    # The schema that answers are checked against is built once, before the threads start.
    plain_document()

    def run(client: ApiClient, path: str) -> int:
        barrier.wait()
        try:
            return int(client.post(path, {"token": token}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(partial(run, *job)) for job in jobs]]
