"""Forms of the admin, pages of accounts and commands begin again where the database could not serialize them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, NamedTuple

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_site.accounts.invitations import SESSION_KEY
from neo_site.accounts.one_time_links import make_link
from projects.models import Membership
from projects.tokens import digest
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD, User, make_invitation, make_project, make_secret, make_user
from tests.neo_site.accounts.factors import KEY, add_totp, code

# Of the failures that PostgreSQL itself makes, tests/neo_base/test_transactions.py has some.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

CHOSEN = {"usable_password": "true", "password1": "a long password", "password2": "a long password"}
CHANGED = {"description": "new", "new_value": "", "former_versions-TOTAL_FORMS": 0, "former_versions-INITIAL_FORMS": 0}
CONFIRMED = {"post": "yes"}
SELECTED = {"action": "delete_selected", **CONFIRMED}

Make = Callable[[Any, Any], Any]
"""Makes the row that a form is about, of an operator and of a user."""


def the_user(_: Any, user: Any) -> Any:
    return user


def a_secret(operator: Any, user: Any) -> Any:
    return make_secret(operator, name=user.username.upper())


def a_member(operator: Any, user: Any) -> Any:
    return Membership.objects.get(project=make_project(operator, **{user.username: Role.VIEWER}), user=user)


def a_factor(_: Any, user: Any) -> Any:
    add_totp(user)
    return Authenticator.objects.get(user=user)


class Form(NamedTuple):
    page: str
    sent: dict[str, Any]
    event: str
    make: Make = the_user


FORMS = [
    Form("secrets_app_secret_add", {"name": "ADDED", "new_value": "a value"}, "secret.created"),
    Form("secrets_app_secret_change", CHANGED, "secret.updated", a_secret),
    Form("secrets_app_secret_delete", CONFIRMED, "secret.deleted", a_secret),
    Form("projects_membership_delete", CONFIRMED, "member.removed", a_member),
    Form("auth_user_add", {"username": "added", **CHOSEN}, "user.created"),
    Form("auth_user_password_change", CHOSEN, "user.updated"),
    Form("auth_user_delete", CONFIRMED, "user.deleted"),
    Form("auth_user_changelist", SELECTED, "user.deleted"),
    Form("mfa_authenticator_delete", CONFIRMED, "second_factor.removed", a_factor),
    Form("mfa_authenticator_changelist", SELECTED, "second_factor.removed", a_factor),
]


class Command(NamedTuple):
    name: str
    arguments: list[str]
    events: list[str]
    lines: int = 1
    prepare: Callable[[Any], Any] = str


def keep_key_in_the_clear(user: Any) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": KEY})


COMMANDS = [
    Command("add_user", ["added"], ["user.created", "password_link.created"]),
    Command("one_time_link", ["user"], ["password_link.created"]),
    Command("reset_second_factor", ["user"], ["second_factor.removed"], prepare=add_totp),
    Command("seal_second_factors", [], [], prepare=keep_key_in_the_clear),
    Command("backup", ["--made-elsewhere"], ["backup.created"], lines=0),
    Command("unlock_sign_in", ["user"], ["sign_in.unlocked"]),
]


class NotSerialized(Exception):
    """Stands for the driver's error."""

    sqlstate = "40001"


@contextmanager
def failing_commit(failing: int = 0) -> Iterator[list[int]]:
    """Let the database refuse the commit of this number, after all that its transaction did."""
    commit = connection.commit
    tried: list[int] = []

    def fail_one() -> None:
        tried.append(len(tried))
        if tried[-1] == failing:
            raise OperationalError from NotSerialized()
        commit()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "commit", fail_one)
        yield tried


def events(after: int) -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("event", flat=True))[after:]


def outcome(act: Callable[[], Any]) -> tuple[int, list[str], int]:
    """Return the status, the events and the number of messages of a page whose first commit failed."""
    before = AuditEvent.objects.count()
    with failing_commit() as tried:
        answer = act()
    assert len(tried) > 1
    return answer.status_code, events(before), len(list(get_messages(answer.wsgi_request)))


def send(form: Form, number: int, operator: Any) -> tuple[int, list[str], int]:
    row = form.make(operator, make_user(f"user{number}"))
    browser = Client()
    browser.force_login(operator)
    arguments = [] if form.page.endswith(("_add", "_changelist")) else [row.pk]
    address = reverse(f"admin:{form.page}", args=arguments)
    return outcome(lambda: browser.post(address, {**form.sent, "_selected_action": [str(row.pk)]}))


def test_forms_of_the_admin_begin_again_and_tell_once() -> None:
    operator = make_user("operator", is_staff=True, is_superuser=True)
    found = {form.page: send(form, number, operator) for number, form in enumerate(FORMS)}
    assert found == {form.page: (302, [form.event], 1) for form in FORMS}


def test_a_password_is_chosen_by_a_link_once_after_all() -> None:
    browser, link = Client(), make_link(actor=Actor.system(), user=make_user("user"))
    form = browser.get(link).headers["Location"]
    assert outcome(lambda: browser.post(form, CHOSEN)) == (302, ["password.changed"], 1)
    assert User._default_manager.get().check_password(CHOSEN["password1"])


Act = Callable[[], Any]


def signed_in(user: Any) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


def signing_in(user: Any) -> Act:
    return lambda: Client().post("/accounts/login/", {"login": user.username, "password": PASSWORD})


def signing_in_with_a_code(user: Any) -> Act:
    add_totp(user)
    browser = Client()
    browser.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return lambda: browser.post("/accounts/2fa/authenticate/", {"code": code()})


def signing_up(user: Any) -> Act:
    browser, name = Client(), f"new-{user.username}"
    session = browser.session
    session[SESSION_KEY] = digest(make_invitation(user, make_project(user), f"{name}@example.com").token)
    session.save()
    return lambda: browser.post("/accounts/signup/", {**CHOSEN, "username": name, "email": f"{name}@example.com"})


def proving_again(user: Any) -> Act:
    browser = Client()
    browser.force_login(user)
    return lambda: browser.post("/accounts/reauthenticate/", {"password": PASSWORD})


def changing_the_password(user: Any) -> Act:
    browser = signed_in(user)
    return lambda: browser.post("/accounts/password/change/", {**CHOSEN, "oldpassword": PASSWORD})


def changing_the_address(user: Any) -> Act:
    browser = signed_in(user)
    return lambda: browser.post("/accounts/email/", {"email": f"new-{user.email}", "action_add": ""})


def adding_a_factor(user: Any) -> Act:
    browser, page = signed_in(user), "/accounts/2fa/totp/activate/"
    key = browser.get(page).context["form"].secret
    return lambda: browser.post(page, {"code": code(key=key)})


def removing_a_factor(user: Any) -> Act:
    browser = signed_in(user)
    add_totp(user)
    return lambda: browser.post("/accounts/2fa/totp/deactivate/")


def making_recovery_codes(user: Any) -> Act:
    browser = signed_in(user)
    add_totp(user)
    return lambda: browser.post("/accounts/2fa/recovery-codes/generate/")


PAGES = [
    *(signing_in, signing_in_with_a_code, signing_up, proving_again, changing_the_password, changing_the_address),
    *(adding_a_factor, removing_a_factor, making_recovery_codes),
]


def shown(page: Callable[[Any], Act], failing: int) -> tuple[int, tuple[int, list[str], int]]:
    """Return the number of commits; and the status, the events and the number of messages."""
    act = page(make_user(f"user{User._default_manager.count()}"))
    before = AuditEvent.objects.count()
    with failing_commit(failing) as tried:
        answer = act()
    return len(tried), (answer.status_code, events(before), len(list(get_messages(answer.wsgi_request))))


@pytest.mark.usefixtures("clock")
def test_pages_of_accounts_show_nothing_of_a_commit_that_failed() -> None:
    for page in PAGES:
        commits, usual = shown(page, -1)
        assert usual[0] == 302, page.__name__
        assert [shown(page, failing)[1] for failing in range(commits)] == [usual] * commits, page.__name__


def run(command: Command) -> tuple[list[str], int]:
    command.prepare(User._default_manager.get(username="user"))
    before, out = AuditEvent.objects.count(), StringIO()
    with failing_commit() as tried:
        call_command(command.name, *command.arguments, stdout=out)
    assert len(tried) > 1
    return events(before), len(out.getvalue().splitlines())


def test_commands_begin_again_and_tell_once() -> None:
    make_user("user")
    found = {command.name: run(command) for command in COMMANDS}
    assert found == {command.name: (command.events, command.lines) for command in COMMANDS}
