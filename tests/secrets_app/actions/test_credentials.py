"""The tree of credentials: with what each of them ends, and that nothing of it comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from neo_base.access.actors import Actor, Origin
from neo_base.access.roles import Role
from neo_site.signin import actions as signin
from neo_site.signin.errors import ReplayedToken
from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from projects.actions import add_member, change_role, delete_project, remove_member, transfer_project, update_project
from projects.models import Project
from secrets_app.actions import grants
from secrets_app.actions.credentials import end_sessions, hold_parent
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.tokens import create_token, revoke_token
from secrets_app.errors import SignInEnded
from secrets_app.models import AuditEvent, EndedCredential, ServiceToken, TaskGrant
from secrets_app.python_api import end_credentials, end_membership
from secrets_app.receivers import end_cookie_session
from tests.cast import ApiClient, make_secret
from tests.secrets_app.conftest import Ways

GRANTS, ENVIRONMENT = "/api/v1/task-grants", "/api/v1/runtime/environment"
SCOPES = ["secrets:read", "runtime:use"]
BLOCKED_SECONDS = 0.3
"""Time for a thread to come to the lock at which it waits; with less, a test would pass without having waited."""


class Tree:
    """Everything that a member of a project can make: in one session, in another, and with service tokens."""

    def __init__(self, admin: Any, member: Any, project: Project) -> None:
        self.admin, self.member, self.project = admin, member, project
        self.by_admin = Actor.from_user(admin)
        self.pair: TokenPair = signin.sign_in(user=member)
        self.session = Session.objects.get(user=member)
        shared = {"project_id": str(project.id)}
        by_member = Actor.from_user(member)
        self.token = create_token(actor=by_member, name="CI", scopes=SCOPES)
        self.project_token = create_token(actor=by_member, name="One project's", scopes=SCOPES, project_id=project.id)
        here, there = self.pair.access, signin.sign_in(user=member).access
        self.children = {
            "grant": self._grant(here),
            "project grant": self._grant(here, shared),
            "other session's grant": self._grant(there),
            "token": self._token(self.token.text),
            "project token": self._token(self.project_token.text, f"?project_id={project.id}"),
            "token's grant": self._grant(self.token.text),
            "token's project grant": self._grant(self.token.text, shared),
            "project token's grant": self._grant(self.project_token.text, shared),
        }

    def working(self) -> set[str]:
        return {name for name, works in self.children.items() if works()}

    def _grant(self, bearer: str, body: dict[str, str] | None = None) -> Callable[[], bool]:
        made = ApiClient(bearer=bearer).post(GRANTS, body or {})
        assert made.status_code == 201, made.content
        return lambda: ApiClient(bearer=made.json()["token"]).post(ENVIRONMENT).status_code == 200

    def _token(self, text: str, query: str = "") -> Callable[[], bool]:
        return lambda: ApiClient(bearer=text).get(f"/api/v1/secrets{query}").status_code == 200


@pytest.fixture
def tree(admin: Any, member: Any, project: Project) -> Tree:
    return Tree(admin, member, project)


def sign_out(tree: Tree) -> None:
    signin.sign_out(refresh_token=tree.pair.refresh)


def replay(tree: Tree) -> None:
    signin.rotate(refresh_token=tree.pair.refresh)
    Session.objects.filter(pk=tree.session.pk).update(rotated_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(ReplayedToken):
        signin.rotate(refresh_token=tree.pair.refresh)


def revoke_the_session(tree: Tree) -> None:
    signin.revoke_sessions(sessions=Session.objects.filter(pk=tree.session.pk), actor=Actor.system())


def sign_out_everywhere(tree: Tree) -> None:
    signin.sign_out_everywhere(user=tree.member)


def sign_out_everywhere_with_tokens(tree: Tree) -> None:
    signin.sign_out_everywhere(user=tree.member, end_tokens=True)


def change_the_password(tree: Tree) -> None:
    former = tree.member.password
    tree.member.set_password("another battery staple")
    tree.member.save()
    # The very same one comes back, as from a backup of the row.
    tree.member.password = former
    tree.member.save(update_fields=["password"])


def have_no_password(tree: Tree) -> None:
    tree.member.set_unusable_password()
    tree.member.save(update_fields=["password"])


def deactivate_and_activate(tree: Tree) -> None:
    for is_active in (False, True):
        tree.member.is_active = is_active
        tree.member.save()


def remove_and_add(tree: Tree) -> None:
    remove_member(actor=tree.by_admin, project_id=tree.project.id, user_id=tree.member.pk)
    add_member(actor=tree.by_admin, project_id=tree.project.id, username="member", role=Role.MEMBER)


def leave_and_come_back(tree: Tree) -> None:
    remove_member(actor=Actor.from_user(tree.member), project_id=tree.project.id, user_id=tree.member.pk)
    add_member(actor=tree.by_admin, project_id=tree.project.id, username="member", role=Role.MEMBER)


def lower_and_raise_the_role(tree: Tree) -> None:
    for role in (Role.VIEWER, Role.MEMBER):
        change_role(actor=tree.by_admin, project_id=tree.project.id, user_id=tree.member.pk, role=role)


def become_admin_and_member_again(tree: Tree) -> None:
    transfer_project(actor=tree.by_admin, project_id=tree.project.id, user_id=tree.member.pk)
    transfer_project(actor=Actor.from_user(tree.member), project_id=tree.project.id, user_id=tree.admin.pk)


def delete_the_project(tree: Tree) -> None:
    delete_project(actor=tree.by_admin, project_id=tree.project.id)


def revoke_the_token(tree: Tree) -> None:
    revoke_token(actor=Actor.from_user(tree.member), token_id=tree.token.row.pk)


def call_end_credentials(tree: Tree) -> None:
    end_credentials(tree.member)


def call_end_credentials_with_tokens(tree: Tree) -> None:
    end_credentials(tree.member, service_tokens=True)


def call_end_membership(tree: Tree) -> None:
    end_membership(tree.member, tree.project)


def delete_the_user(tree: Tree) -> None:
    tree.member.delete()


IN_THIS_SESSION = {"grant", "project grant"}
IN_SESSIONS = IN_THIS_SESSION | {"other session's grant"}
OF_TOKENS = {"token", "project token", "token's grant", "token's project grant", "project token's grant"}
GRANTS_IN_PROJECT = {"project grant", "token's project grant", "project token's grant"}
EVERYTHING = IN_SESSIONS | OF_TOKENS
OF_MEMBERSHIP = GRANTS_IN_PROJECT | {"project token"}

ENDS: list[tuple[Callable[[Tree], None], set[str], set[str]]] = [
    (sign_out, IN_THIS_SESSION, {"session_ended"}),
    (replay, IN_THIS_SESSION, {"session_ended"}),
    (revoke_the_session, IN_THIS_SESSION, {"session_ended"}),
    (sign_out_everywhere, IN_SESSIONS, {"signed_out_everywhere"}),
    (sign_out_everywhere_with_tokens, EVERYTHING, {"signed_out_everywhere", "token_revoked"}),
    (change_the_password, IN_SESSIONS, {"password_changed"}),
    (have_no_password, IN_SESSIONS, {"password_changed"}),
    (deactivate_and_activate, EVERYTHING, {"user_deactivated", "token_revoked"}),
    (remove_and_add, OF_MEMBERSHIP, {"membership_ended", "token_revoked"}),
    (leave_and_come_back, OF_MEMBERSHIP, {"membership_ended", "token_revoked"}),
    (lower_and_raise_the_role, GRANTS_IN_PROJECT, {"role_lowered"}),
    (become_admin_and_member_again, set(), set()),
    (delete_the_project, OF_MEMBERSHIP, set()),
    (revoke_the_token, {"token", "token's grant", "token's project grant"}, {"token_revoked"}),
    (call_end_credentials, IN_SESSIONS, {"requested"}),
    (call_end_credentials_with_tokens, EVERYTHING, {"requested", "token_revoked"}),
    (call_end_membership, OF_MEMBERSHIP, {"membership_ended", "token_revoked"}),
    (delete_the_user, EVERYTHING, set()),
]


@pytest.mark.parametrize(("end", "ended", "reasons"), ENDS, ids=[end.__name__ for end, *_ in ENDS])
def test_an_end_takes_along_its_children_and_no_others(
    tree: Tree, end: Callable[[Tree], None], ended: set[str], reasons: set[str]
) -> None:
    assert tree.working() == tree.children.keys()
    end(tree)
    assert tree.working() == tree.children.keys() - ended
    events = AuditEvent.objects.filter(event__in=["grant.revoked", "token.revoked"])
    assert {each.data["reason"] for each in events if each.data} == reasons


def test_the_audit_log_names_each_grant_and_who_ended_it(tree: Tree) -> None:
    sign_out(tree)
    events = AuditEvent.objects.filter(event="grant.revoked")
    revoked = TaskGrant.objects.exclude(revoked_at=None)
    assert {each.subject_id for each in events} == {str(grant.pk) for grant in revoked}
    assert {(each.actor_label, each.credential_id) for each in events} == {("member", str(tree.session.pk))}
    assert {each.project_id for each in events} == {None, tree.project.id}


def test_grants_and_tokens_name_the_session_that_made_them(member: Any) -> None:
    client = ApiClient(member)
    client.post(GRANTS, {})
    client.post("/api/v1/tokens", {"name": "CI", "scopes": SCOPES})
    session = Session.objects.get()
    assert TaskGrant.objects.get().parent == ServiceToken.objects.get().parent == session.credential


def test_a_grant_never_outlives_its_session(member: Any) -> None:
    client, end = ApiClient(member), timezone.now() + timedelta(minutes=2)
    Session.objects.update(expires_at=end)
    assert client.post(GRANTS, {"ttl": 3600}).status_code == 201
    assert TaskGrant.objects.get().expires_at == end


def test_a_grant_never_outlives_its_service_token(member: Any) -> None:
    end = timezone.now() + timedelta(minutes=2)
    token = create_token(actor=Actor.from_user(member), name="CI", scopes=SCOPES, expires_at=end)
    assert ApiClient(bearer=token.text).post(GRANTS, {"ttl": 3600}).status_code == 201
    assert TaskGrant.objects.get().expires_at == end


def test_what_the_team_shares_ends_with_the_sharing(admin: Any, stranger: Any, project: Project, settings: Any) -> None:
    settings.PROJECTS = {**settings.PROJECTS, "TEAM_ROLE": "member"}

    def share(shared: bool) -> None:
        changes = {"shared_with_team": shared}
        update_project(actor=Actor.from_user(admin), project_id=project.id, changes=changes)

    share(True)
    made = [ApiClient(user).post(GRANTS, {"project_id": str(project.id)}).json()["token"] for user in (admin, stranger)]
    share(False)
    share(True)
    assert [ApiClient(bearer=token).post(ENVIRONMENT).status_code for token in made] == [200, 401]


class TestCookies:
    """Django's own sessions, with which a host site signs people in."""

    @pytest.fixture
    def browser(self, member: Any) -> Client:
        browser = Client()
        browser.force_login(member)
        return browser

    def origin(self, browser: Client) -> Origin:
        request = RequestFactory().get("/")
        request.session = browser.session
        return Origin.of_signed_in(request, None)

    def test_signing_out_ends_the_grants_of_this_cookie_alone(self, browser: Client, member: Any) -> None:
        other = Client()
        other.force_login(member)
        for each in (browser, other):
            actor = Actor.from_user(member, origin=self.origin(each))
            create_grant(actor=actor, grant_request=GrantRequest(ttl=60))
        ended = self.origin(browser).credential
        request = RequestFactory().get("/")
        request.session = browser.session
        end_cookie_session(request=request, user=member)
        assert [grant.parent for grant in TaskGrant.objects.exclude(revoked_at=None)] == [ended]
        assert [grant.parent for grant in TaskGrant.objects.open()] == [self.origin(other).credential]

    def test_djangos_own_sign_out_is_heard(self, browser: Client, member: Any) -> None:
        actor = Actor.from_user(member, origin=self.origin(browser))
        create_grant(actor=actor, grant_request=GrantRequest())
        browser.logout()
        assert not TaskGrant.objects.open().exists()
        with pytest.raises(SignInEnded):
            create_grant(actor=actor, grant_request=GrantRequest())

    def test_a_cookie_tells_when_its_user_signed_in(self, browser: Client) -> None:
        origin = self.origin(browser)
        assert origin.signed_in_at is not None
        assert timedelta(0) <= timezone.now() - origin.signed_in_at < timedelta(minutes=1)
        assert origin.ends_at == origin.signed_in_at + timedelta(seconds=browser.session.get_expiry_age())

    def test_a_prolonged_session_ends_later_than_it_first_would(self, browser: Client) -> None:
        session = browser.session
        session["neo_signed_in_at"] -= session.get_expiry_age() + 60
        session.save()
        origin = self.origin(browser)
        assert origin.ends_at is not None
        assert origin.ends_at > timezone.now()

    def test_a_session_from_before_tells_no_time(self, browser: Client) -> None:
        session = browser.session
        del session["neo_signed_in_at"]
        session.save()
        assert self.origin(browser).signed_in_at is None

    def test_who_is_not_signed_in_has_no_times(self, db: None) -> None:
        origin = self.origin(Client())
        assert (origin.signed_in_at, origin.ends_at) == (None, None)


def test_ended_credentials_are_forgotten_after_a_day(tree: Tree) -> None:
    sign_out(tree)
    EndedCredential.objects.update(ended_at=timezone.now() - timedelta(days=1, seconds=1))
    sign_out_everywhere(tree)
    assert tree.session.pk not in {each.credential_id for each in EndedCredential.objects.all()}
    assert EndedCredential.objects.count() == 1


ENDERS_OF_A_SESSION = [sign_out, sign_out_everywhere, change_the_password, deactivate_and_activate]
ENDERS = [*ENDERS_OF_A_SESSION, remove_and_add, lower_and_raise_the_role]


@pytest.fixture
def actor(tree: Tree) -> Actor:
    origin = Origin(credential=tree.session.credential, ends_at=tree.session.expires_at)
    return Actor.from_user(type(tree.member).objects.get(pk=tree.member.pk), origin=origin)


def make(tree: Tree, actor: Actor) -> None:
    create_grant(actor=actor, grant_request=GrantRequest(project_id=tree.project.id, task_id="late"))


def in_a_thread(act: Callable[..., None], *arguments: Any) -> None:
    try:
        act(*arguments)
    finally:
        connection.close()


class TestRaces:
    """A grant is made while its parent ends, in either order: when both have committed, no grant works."""

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("end", ENDERS)
    def test_a_grant_made_just_before_the_end_ends(
        self, tree: Tree, actor: Actor, end: Callable[[Tree], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        has_begun, plan = Event(), grants._plan

        def slow_plan(*arguments: Any, **rest: Any) -> Any:
            planned = plan(*arguments, **rest)
            has_begun.set()
            sleep(BLOCKED_SECONDS)
            return planned

        monkeypatch.setattr(grants, "_plan", slow_plan)
        with ThreadPoolExecutor(2) as threads:
            making = threads.submit(in_a_thread, make, tree, actor)
            assert has_begun.wait(60)
            ending = threads.submit(in_a_thread, end, tree)
        assert (making.result(), ending.result()) == (None, None)
        late = TaskGrant.objects.get(task_id="late")
        assert late.revoked_at is not None

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("end", [sign_out, sign_out_everywhere])
    def test_no_grant_is_made_of_a_session_that_has_just_ended(
        self, tree: Tree, actor: Actor, end: Callable[[Tree], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        has_begun = Event()

        def slow_end(**arguments: Any) -> Any:
            count = end_sessions(**arguments)
            has_begun.set()
            sleep(BLOCKED_SECONDS)
            return count

        monkeypatch.setattr(signin, "end_sessions", slow_end)
        with ThreadPoolExecutor(2) as threads:
            ending = threads.submit(in_a_thread, end, tree)
            assert has_begun.wait(60)
            making = threads.submit(in_a_thread, make, tree, actor)
        assert ending.result() is None
        assert isinstance(making.exception(), SignInEnded)
        assert not TaskGrant.objects.filter(task_id="late").exists()

    def test_an_actor_of_an_earlier_password_makes_nothing(self, tree: Tree, actor: Actor) -> None:
        change_the_password(tree)
        type(tree.member).objects.update(password="!")
        with pytest.raises(SignInEnded):
            self.create(actor)

    def test_an_actor_who_was_deactivated_makes_nothing(self, tree: Tree, actor: Actor) -> None:
        type(tree.member).objects.update(is_active=False)
        with pytest.raises(SignInEnded):
            self.create(actor)

    def create(self, actor: Actor) -> None:
        create_grant(actor=actor, grant_request=GrantRequest())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no quick way.")
@pytest.mark.django_db(transaction=True)
class TestQuickRaces:
    """The same with the quick way to a grant, which waits for nobody who ends something."""

    @pytest.fixture(autouse=True)
    def regular(self, tree: Tree, actor: Actor, ways: Ways) -> None:
        make_secret(tree.member, default_available=True)
        for _ in range(2):
            make(tree, actor)
        assert ways[-1] == ("grant", True)
        TaskGrant.objects.filter(task_id="late").delete()

    @pytest.mark.parametrize("end", ENDERS)
    def test_what_ends_before_a_grant_is_stored_sends_it_the_plain_way(
        self, tree: Tree, actor: Actor, end: Callable[[Tree], None], ways: Ways, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended_at, plan = timezone.now(), grants._plan

        def plan_while_it_ends(*arguments: Any, **rest: Any) -> Any:
            nonlocal ended_at
            monkeypatch.setattr(grants, "_plan", plan)
            with ThreadPoolExecutor(1) as threads:
                threads.submit(in_a_thread, end, tree).result()
            ended_at = timezone.now()
            return plan(*arguments, **rest)

        monkeypatch.setattr(grants, "_plan", plan_while_it_ends)
        with pytest.raises(SignInEnded) if end in ENDERS_OF_A_SESSION else nullcontext():
            make(tree, actor)
        assert ways[-1] == ("grant", False)
        made = TaskGrant.objects.filter(task_id="late")
        assert made.count() == (end not in ENDERS_OF_A_SESSION)
        assert not made.filter(created_at__lt=ended_at).exists()

    @pytest.mark.parametrize("end", ENDERS)
    def test_an_end_waits_for_a_grant_that_is_being_stored(
        self, tree: Tree, actor: Actor, end: Callable[[Tree], None], ways: Ways
    ) -> None:
        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                make(tree, actor)
                ending = threads.submit(in_a_thread, end, tree)
                sleep(BLOCKED_SECONDS)
                assert not ending.done()
            ending.result()
        assert ways[-1] == ("grant", True)
        assert TaskGrant.objects.get(task_id="late").revoked_at is not None

    @pytest.mark.parametrize("end", [sign_out, sign_out_everywhere])
    def test_it_does_not_wait_for_an_end(
        self, tree: Tree, actor: Actor, end: Callable[[Tree], None], ways: Ways, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        has_begun, gave_up = Event(), Event()

        def slow_end(**arguments: Any) -> Any:
            count = end_sessions(**arguments)
            has_begun.set()
            assert gave_up.wait(10)
            return count

        def hold(held: Actor) -> Actor:
            gave_up.set()
            return hold_parent(held)

        monkeypatch.setattr(signin, "end_sessions", slow_end)
        monkeypatch.setattr(grants, "hold_parent", hold)
        with ThreadPoolExecutor(1) as threads:
            ending = threads.submit(in_a_thread, end, tree)
            assert has_begun.wait(60)
            with pytest.raises(SignInEnded):
                make(tree, actor)
            ending.result()
        assert ways[-1] == ("grant", False)
        assert not TaskGrant.objects.filter(task_id="late").exists()
