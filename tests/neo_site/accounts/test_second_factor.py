"""The second factor: at the API, at the pages, at the admin; each code works once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client

from neo_site.accounts.second_factor import has_second_factor, use_code
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD
from tests.limits import Clock, set_limits
from tests.neo_site.accounts.factors import KEY, add_totp, code, recovery_codes
from tests.neo_site.signin.conftest import Post

LIMIT = 3


@pytest.fixture(autouse=True)
def _time_stands(clock: Clock) -> None:
    """Otherwise the code of now would be another one in the middle of a test, once in a while."""


def at_the_api(post: Post, **sent: str) -> Any:
    return post("token", {"username": "member", "password": PASSWORD, **sent})


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def at_the_page(name: str = "member") -> Client:
    """A browser that has given the right password."""
    browser = Client()
    browser.post("/accounts/login/", {"login": name, "password": PASSWORD})
    return browser


def give(browser: Client, sent: str) -> Any:
    return browser.post("/accounts/2fa/authenticate/", {"code": sent})


def is_in(browser: Client) -> bool:
    return browser.get("/accounts/").status_code == 200


def events(*names: str) -> list[tuple[str, Any]]:
    rows = AuditEvent.objects.filter(event__in=names).order_by("id")
    return [(row.event, row.data.get("type") or row.data.get("interface")) for row in rows]


@pytest.fixture
def owner(member: Any) -> Any:
    """A member with an authenticator application."""
    add_totp(member)
    return member


@pytest.mark.django_db
def test_a_password_alone_gives_no_token(owner: Any, post: Post) -> None:
    assert problem(at_the_api(post)) == (401, "second_factor_required")
    assert events("second_factor.asked", "session.started") == [("second_factor.asked", "api")]
    answer = at_the_api(post, code=code())
    assert (answer.status_code, sorted(answer.json())) == (200, ["access", "refresh"])


@pytest.mark.django_db
def test_a_wrong_password_does_not_tell_that_there_is_a_factor(owner: Any, post: Post) -> None:
    wrong = {"username": "member", "password": "wrong"}
    assert problem(post("token", wrong)) == problem(post("token", wrong | {"code": code()}))
    assert problem(post("token", wrong)) == (401, "invalid_credentials")


@pytest.mark.django_db
def test_without_a_factor_a_code_changes_nothing(member: Any, post: Post) -> None:
    assert at_the_api(post, code="123456").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["000000", "", "not a code", "١٢٣٤٥٦", " "])
def test_a_wrong_code_is_refused(owner: Any, post: Post, sent: str) -> None:
    add_totp(get_user_model()._default_manager.create_user("other"), "KRUGKIDROVUWG2ZAMJZG653OEBTG66BA")
    for_another = code(key="KRUGKIDROVUWG2ZAMJZG653OEBTG66BA")
    assert {at_the_api(post, code=each).status_code for each in (sent, for_another)} <= {400, 401}
    assert events("session.started") == []


@pytest.mark.django_db
def test_each_code_works_once_and_no_earlier_one_after_it(owner: Any, post: Post) -> None:
    assert at_the_api(post, code=code(1)).status_code == 200
    assert [problem(at_the_api(post, code=code(steps))) for steps in (1, 0, -1)] == [(401, "second_factor_invalid")] * 3


@pytest.mark.django_db
def test_codes_of_other_times_are_refused(owner: Any) -> None:
    assert [use_code(owner, code(steps)) for steps in (-3, -2, 3)] == [None] * 3


@pytest.mark.django_db
def test_a_recovery_code_works_once_at_either_door(owner: Any, post: Post) -> None:
    first, second, *_ = recovery_codes(owner)
    assert at_the_api(post, code=first).status_code == 200
    assert problem(at_the_api(post, code=first)) == (401, "second_factor_invalid")
    assert (give(at_the_page(), first).status_code, give(at_the_page(), second).status_code) == (200, 302)
    assert problem(at_the_api(post, code=second)) == (401, "second_factor_invalid")


@pytest.mark.django_db
def test_recovery_codes_alone_ask_for_nothing(member: Any, post: Post) -> None:
    recovery_codes(member)
    assert not has_second_factor(member)
    assert at_the_api(post).status_code == 200


@pytest.mark.django_db
def test_a_user_with_a_passkey_alone_is_asked_too(member: Any, post: Post) -> None:
    Authenticator.objects.create(user=member, type="webauthn", data={"name": "Key", "credential": {}})
    assert problem(at_the_api(post)) == (401, "second_factor_required")
    assert problem(at_the_api(post, code="000000")) == (401, "second_factor_invalid")
    assert at_the_api(post, code=recovery_codes(member)[0]).status_code == 200


@pytest.mark.django_db
def test_the_page_asks_for_the_code_after_the_password(owner: Any) -> None:
    browser = at_the_page()
    assert not is_in(browser)
    assert give(browser, "000000").status_code == 200
    assert not is_in(browser)
    assert give(browser, code()).headers["Location"] == "/"
    assert is_in(browser)
    assert events("second_factor.asked", "second_factor.used", "session.started") == [
        ("second_factor.asked", "cookie"),
        ("second_factor.used", "totp"),
        ("session.started", "cookie"),
    ]
    assert give(at_the_page(), code()).status_code == 200


@pytest.mark.django_db
def test_wrong_codes_pause_the_name_at_every_door(settings: Any, owner: Any, post: Post, clock: Clock) -> None:
    set_limits(settings, sign_in_name=f"{LIMIT}/hour")
    browser = at_the_page()
    assert at_the_api(post).status_code == 401
    assert at_the_api(post, code="000000").status_code == 401
    assert [give(browser, "000000").status_code for _ in range(LIMIT - 1)] == [200] * (LIMIT - 1)
    assert give(browser, code()).status_code == 429
    assert at_the_api(post, code=code()).status_code == 429
    refused = AuditEvent.objects.filter(event="sign_in.refused", subject_id=str(owner.pk))
    assert {row.data["code"] for row in refused} == {"second_factor_invalid"}
    assert not [row for row in AuditEvent.objects.all() if "000000" in str(row.data)]


@pytest.mark.django_db
def test_asking_for_the_code_counts_as_no_failure(settings: Any, owner: Any, post: Post, clock: Clock) -> None:
    set_limits(settings, sign_in_name=f"{LIMIT}/hour")
    assert {at_the_api(post).status_code for _ in range(LIMIT * 2)} == {401}
    assert at_the_api(post, code=code()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_in(owner: Any) -> None:
    recovery, shown = recovery_codes(owner)[0], code()
    ready = Barrier(20)

    def use(sent: str) -> bool:
        ready.wait()
        try:
            return use_code(owner, sent) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as threads:
        for sent in (shown, recovery):
            assert sum(threads.map(use, [sent] * 20)) == 1


# The pages on which a user manages it


def proved(user: Any) -> Client:
    """A browser whose user has just given the password again."""
    browser = at_the_page(user.get_username())
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


@pytest.mark.django_db
@pytest.mark.once
def test_a_user_adds_an_application_and_gets_recovery_codes(member: Any) -> None:
    browser = at_the_page()
    assert "/reauthenticate/" in browser.get("/accounts/2fa/totp/activate/").headers["Location"]
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    key = browser.get("/accounts/2fa/totp/activate/").context["form"].secret
    assert browser.post("/accounts/2fa/totp/activate/", {"code": code(key=key)}).status_code == 302
    codes = browser.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    assert events("second_factor.added") == [("second_factor.added", "totp"), ("second_factor.added", "recovery_codes")]
    browser.post("/accounts/2fa/totp/deactivate/")
    assert not has_second_factor(member)
    assert {name for name, _ in events("second_factor.removed")} == {"second_factor.removed"}


@pytest.mark.django_db
@pytest.mark.once
def test_the_password_asked_for_again_is_guarded(settings: Any, member: Any, clock: Clock) -> None:
    set_limits(settings, sign_in_name=f"{LIMIT}/hour")
    browser = at_the_page()
    again, change = "/accounts/reauthenticate/", "/accounts/password/change/"
    sent = {"oldpassword": "wrong", "password1": "quite another password", "password2": "quite another password"}
    assert [browser.post(again, {"password": "wrong"}).status_code for _ in range(LIMIT - 1)] == [200] * (LIMIT - 1)
    assert browser.post(change, sent).status_code == 200
    assert browser.post(change, sent | {"oldpassword": PASSWORD}).status_code == 429
    assert browser.post(again, {"password": PASSWORD}).status_code == 429


# The admin


@pytest.mark.django_db
@pytest.mark.once
def test_the_admin_asks_those_who_have_a_factor(superuser: Any) -> None:
    add_totp(superuser)
    browser = at_the_page("superuser")
    assert browser.get("/admin/").status_code == 302
    give(browser, code())
    assert browser.get("/admin/").status_code == 200


@pytest.mark.django_db
@pytest.mark.once
def test_with_the_setting_the_admin_opens_to_a_factor_only(settings: Any, superuser: Any) -> None:
    settings.ADMIN_OTP = True
    browser = at_the_page("superuser")
    led = browser.get("/admin/", follow=True)
    assert led.redirect_chain[-1][0] == "/accounts/2fa/"
    assert "The admin asks for a second factor." in led.text
    add_totp(superuser)
    assert browser.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/reauthenticate/?next=/admin/"
    assert browser.post("/accounts/2fa/reauthenticate/", {"code": "000000", "next": "/admin/"}).status_code == 200
    assert browser.get("/admin/").status_code == 302
    browser.post("/accounts/2fa/reauthenticate/", {"code": code(), "next": "/admin/"})
    assert browser.get("/admin/").status_code == 200


@pytest.mark.django_db
@pytest.mark.once
def test_operators_see_and_remove_factors_and_never_keys(superuser: Any, owner: Any) -> None:
    browser = at_the_page("superuser")
    row = Authenticator.objects.get(user=owner)
    pages = [browser.get("/admin/mfa/authenticator/"), browser.get(f"/admin/mfa/authenticator/{row.pk}/change/")]
    assert [page.status_code for page in pages] == [200, 200]
    assert not [page for page in pages if row.data["secret"] in page.text or KEY in page.text]
    assert browser.get("/admin/mfa/authenticator/add/").status_code == 403
    assert browser.get("/admin/mfa/authenticator/?data__contains=a").status_code == 400
    browser.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"})
    assert not has_second_factor(owner)
    told = AuditEvent.objects.get(event="second_factor.removed")
    assert (told.actor_kind, told.subject_id) == ("staff", str(owner.pk))
