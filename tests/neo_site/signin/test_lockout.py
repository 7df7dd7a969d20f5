"""The lockout: clients that guess passwords have to wait, at the API and at the pages, with one count for both."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import Client

from neo_site import deadlines
from neo_site.deadlines import Deadline
from neo_site.signin.lockout import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
from neo_site.signin.user_names import normalise
from neo_site.throttling.models import CacheEntry
from tests.cast import PASSWORD
from tests.limits import CACHE_KINDS, Clock, set_limits, use_absent_redis, use_cache
from tests.neo_site.signin.conftest import Post

LIMIT = 3
PAGE = "/accounts/login/"
CANARY = "canary-of-a-name"
WRONG = "wrong"


@pytest.fixture(autouse=True)
def _few_failures(settings: Any, clock: Clock) -> None:
    set_limits(settings, sign_in_name=f"{LIMIT}/hour")


def guess(post: Post, name: str, password: str = WRONG, **extra: Any) -> Any:
    return post("token", {"username": name, "password": password}, **extra)


def statuses(post: Post, *names: str) -> list[int]:
    return [guess(post, name).status_code for name in names]


def at_the_page(name: str, password: str = WRONG, **extra: Any) -> Any:
    return Client().post(PAGE, {"login": name, "password": password}, **extra)


def problem_of(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


@pytest.mark.django_db
def test_a_paused_name_gets_one_attempt_after_the_pause(post: Post, clock: Clock, member: Any) -> None:
    assert statuses(post, *["member"] * (LIMIT + 1)) == [401] * LIMIT + [429]
    refused = guess(post, "member", PASSWORD)

    assert refused.status_code == 429
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused["Retry-After"]) <= FIRST_PAUSE_SECONDS
    clock.forward(FIRST_PAUSE_SECONDS + 1)
    assert statuses(post, "member", "member") == [401, 429]


@pytest.mark.django_db
def test_each_pause_is_twice_as_long_up_to_the_longest(post: Post, clock: Clock) -> None:
    statuses(post, *["nobody"] * LIMIT)
    pauses = []
    for _ in range(7):
        pauses.append(int(guess(post, "nobody")["Retry-After"]))
        clock.forward(pauses[-1] + 1)
        # The one attempt that the end of a pause allows; the last ones fall into the next hour.
        guess(post, "nobody")

    assert pauses[:6] == [30, 60, 120, 240, 480, LONGEST_PAUSE_SECONDS]


@pytest.mark.django_db
def test_attempts_during_a_pause_do_not_lengthen_it(post: Post, clock: Clock, member: Any) -> None:
    statuses(post, *["member"] * (LIMIT + 20))
    clock.forward(FIRST_PAUSE_SECONDS + 1)

    assert guess(post, "member", PASSWORD).status_code == 200


@pytest.mark.django_db
def test_failures_of_another_hour_are_forgotten(post: Post, clock: Clock) -> None:
    statuses(post, *["nobody"] * LIMIT)
    clock.forward(3_600)

    assert statuses(post, *["nobody"] * LIMIT) == [401] * LIMIT


@pytest.mark.django_db
@pytest.mark.parametrize("kind", CACHE_KINDS)
def test_a_success_does_not_count_and_clears_no_failures(settings: Any, post: Post, member: Any, kind: str) -> None:
    use_cache(settings, kind)
    cache.clear()

    assert [guess(post, "member", PASSWORD).status_code for _ in range(LIMIT * 2)] == [200] * LIMIT * 2
    assert statuses(post, *["member"] * (LIMIT - 1)) == [401] * (LIMIT - 1)
    assert [guess(post, "member", PASSWORD).status_code for _ in range(2)] == [200, 200]
    assert statuses(post, "member", "member") == [401, 429]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spelling",
    [" member ", "MEMBER", "\N{FULLWIDTH LATIN SMALL LETTER M}ember", "Member\t", "\N{NO-BREAK SPACE}member"],
)
def test_spellings_of_a_name_are_one_name(post: Post, member: Any, spelling: str) -> None:
    statuses(post, *["member"] * LIMIT)

    assert guess(post, spelling).status_code == 429


@pytest.mark.parametrize(
    ("one", "other"),
    [("STRASSE", "stra\N{LATIN SMALL LETTER SHARP S}e"), ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "CAFE\u0301")],
)
def test_names_are_folded_as_unicode_folds_them(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.django_db
def test_unknown_and_known_names_wait_alike(post: Post, clock: Clock, member: Any, stranger: Any) -> None:
    type(stranger).objects.filter(pk=stranger.pk).update(is_active=False)
    people = ("member", "stranger", "nobody")
    failures = [statuses(post, *[name] * LIMIT) for name in people]
    refused = [guess(post, name, PASSWORD) for name in people]

    assert failures == [[401] * LIMIT] * 3
    assert [answer.status_code for answer in refused] == [429] * 3
    assert problem_of(refused[0]) == problem_of(refused[1]) == problem_of(refused[2])
    assert len({answer["Retry-After"] for answer in refused}) == 1


@pytest.mark.django_db
def test_nothing_is_hashed_during_a_pause(post: Post, member: Any) -> None:
    statuses(post, *["member"] * LIMIT)
    with (
        patch.object(MD5PasswordHasher, "encode", side_effect=AssertionError),
        patch.object(MD5PasswordHasher, "verify", side_effect=AssertionError),
    ):
        answers = [guess(post, "member", PASSWORD), at_the_page("member", PASSWORD)]

    assert [answer.status_code for answer in answers] == [429, 429]


@pytest.mark.django_db
def test_an_address_is_limited_over_all_names(settings: Any, post: Post, member: Any) -> None:
    set_limits(settings, sign_in_address=f"{LIMIT}/hour")

    assert statuses(post, "a", "b", "c", "d") == [401, 401, 401, 429]
    assert guess(post, "e", HTTP_X_FORWARDED_FOR="192.0.2.1").status_code == 429
    assert guess(post, "e", REMOTE_ADDR="192.0.2.1").status_code == 401


def test_a_shared_address_is_slowed_and_keeps_nobody_from_signing_in(
    settings: Any, post: Post, member: Any, caplog: pytest.LogCaptureFixture
) -> None:
    set_limits(settings, sign_in_address=f"{LIMIT}/hour")
    deadline = Deadline(seconds=60, lock_seconds=60)
    with deadlines.working_until(deadline):
        failed = [guess(post, f"n{number}", REMOTE_ADDR="").status_code for number in range(LIMIT + 2)]
        assert deadline.answer_delay > 0
        assert guess(post, "member", PASSWORD, REMOTE_ADDR="").status_code == 200
    assert failed == [401] * (LIMIT + 2)
    assert "throttle.address_shared by=sign_in_address" in caplog.text


def test_a_paused_address_does_not_use_up_a_name(settings: Any, post: Post, member: Any) -> None:
    set_limits(settings, sign_in_address="1/hour", sign_in_name=f"{LIMIT}/hour")
    statuses(post, *["member"] * 10)

    assert guess(post, "member", PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 200


@pytest.mark.django_db
def test_a_paused_name_does_not_use_up_an_address(settings: Any, post: Post, member: Any) -> None:
    set_limits(settings, sign_in_address=f"{LIMIT + 1}/hour", sign_in_name=f"{LIMIT}/hour")
    statuses(post, *["nobody"] * 10)

    assert guess(post, "member", PASSWORD).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", CACHE_KINDS)
def test_parallel_attempts_cannot_exceed_the_limit(settings: Any, post: Post, kind: str) -> None:
    use_cache(settings, kind)
    cache.clear()
    barrier = Barrier(12, timeout=300)

    def run() -> int:
        barrier.wait()
        try:
            return int(guess(post, "nobody").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        answers = [future.result() for future in [pool.submit(run) for _ in range(12)]]

    assert sorted(answers) == [401] * LIMIT + [429] * (12 - LIMIT)


@pytest.mark.django_db
def test_a_cache_that_does_not_answer_refuses_sign_in(settings: Any, post: Post, member: Any) -> None:
    use_absent_redis(settings)
    answer = guess(post, "member", PASSWORD)

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer["Retry-After"] == "1"
    assert at_the_page("member", PASSWORD).status_code == 503


@pytest.mark.django_db
def test_an_operator_unlocks_a_name(post: Post, member: Any, capsys: pytest.CaptureFixture[str]) -> None:
    statuses(post, *["member"] * (LIMIT + 1))
    call_command("unlock_sign_in", " Member ")

    assert guess(post, "member", PASSWORD).status_code == 200
    assert capsys.readouterr().out == "Unlocked.\n"


# The doors

ROOT = Path(__file__).resolve().parents[3]
CHECKS_PASSWORD = re.compile(r"\ba?authenticate\([^)]*username|\ba?check_password\b|AuthenticationForm\b|\bLoginView\b")


def test_passwords_are_checked_at_guarded_doors_only() -> None:
    """`authenticate()` guards nothing by itself: another door needs `sign_in_attempt`, and then a line here."""
    packages = {init.parent for init in ROOT.glob("*/__init__.py")} - {ROOT / "tests"}
    files = [path for package in packages for path in package.rglob("*.py")]
    doors = {str(path.relative_to(ROOT)) for path in files if CHECKS_PASSWORD.search(path.read_text())}

    # The backend is behind the doors; the hook of the library is in front of each of its pages that takes a password.
    assert doors == {
        "neo_site/signin/views.py",
        "neo_site/accounts/adapter.py",
        "neo_site/accounts/api/views.py",
        "neo_site/accounts/backend.py",
    }


# The pages


@pytest.mark.django_db
def test_a_name_has_to_wait_at_the_page_too(superuser: Any, clock: Clock) -> None:
    assert [at_the_page("superuser").status_code for _ in range(LIMIT)] == [200] * LIMIT
    refused = at_the_page("superuser", PASSWORD)

    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= FIRST_PAUSE_SECONDS
    assert refused["Cache-Control"] == "no-store"
    clock.forward(FIRST_PAUSE_SECONDS + 1)
    assert at_the_page("superuser", PASSWORD).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "said"), [("en", "Try again in 30 seconds."), ("de", "In 30 Sekunden noch")])
def test_the_wait_page_is_in_the_language_of_the_browser(
    superuser: Any, clock: Clock, language: str, said: str
) -> None:
    pages = [at_the_page("superuser", headers={"Accept-Language": language}) for _ in range(LIMIT + 2)]
    assert said in pages[-1].content.decode()


@pytest.mark.django_db
def test_the_wait_page_is_the_same_for_every_name(superuser: Any, clock: Clock) -> None:
    pages = []
    for name in ("superuser", CANARY):
        pages += [at_the_page(name) for _ in range(LIMIT + 1)][-1:]

    assert [page.status_code for page in pages] == [429, 429]
    assert pages[0].content == pages[1].content
    assert b"Try again in" in pages[0].content
    assert not [word for word in (b"superuser", CANARY.encode(), b"wrong") if word in pages[0].content]


@pytest.mark.django_db
def test_scripts_get_the_same_wait_page(superuser: Any) -> None:
    answers = [at_the_page("superuser", HTTP_X_REQUESTED_WITH="XMLHttpRequest") for _ in range(LIMIT + 1)]

    assert answers[-1].status_code == 429
    assert not [name for name in answers[-1].headers if name.startswith("Access-Control")]
    assert b"superuser" not in answers[-1].content


@pytest.mark.django_db
def test_api_and_pages_share_one_count(post: Post, superuser: Any) -> None:
    assert guess(post, "superuser").status_code == 401
    assert [at_the_page("superuser").status_code for _ in range(LIMIT - 1)] == [200] * (LIMIT - 1)
    assert guess(post, "superuser").status_code == 429
    assert at_the_page("superuser").status_code == 429


@pytest.mark.django_db
def test_signing_in_at_the_page_does_not_count(superuser: Any) -> None:
    assert [at_the_page("superuser", PASSWORD).status_code for _ in range(LIMIT * 2)] == [302] * LIMIT * 2


@pytest.mark.django_db
@pytest.mark.parametrize("form", [{}, {"login": "superuser"}, {"password": WRONG}])
def test_incomplete_form_is_no_attempt(superuser: Any, form: dict[str, str]) -> None:
    assert [Client().post(PAGE, form).status_code for _ in range(LIMIT + 2)] == [200] * (LIMIT + 2)
    assert at_the_page("superuser", PASSWORD).status_code == 302


@pytest.mark.django_db
def test_the_admin_signs_in_at_the_same_page(superuser: Any) -> None:
    assert Client().get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert Client().get("/admin/login/?next=/admin/")["Location"] == f"{PAGE}?next=/admin/"
    assert Client().post("/admin/login/", {"username": "superuser", "password": PASSWORD}).status_code == 302


@pytest.mark.django_db
def test_a_user_without_staff_flag_is_refused_at_the_admin(member: Any) -> None:
    browser = Client()
    assert browser.post(PAGE, {"login": "member", "password": PASSWORD}).status_code == 302
    assert browser.get("/admin/", follow=True).status_code == 403


@pytest.mark.django_db
def test_neither_log_nor_cache_holds_what_was_typed(
    settings: Any, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    use_cache(settings, "dbcache")
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="django.db.backends")
    for _ in range(LIMIT + 1):
        at_the_page(CANARY, "wrong-canary", HTTP_USER_AGENT="agent-canary")
        guess(post, CANARY, "wrong-canary")

    kept = list(CacheEntry.objects.values_list("key", "value"))
    assert kept
    assert "canary" not in f"{kept}{caplog.text}"
    assert "sign_in.paused by=sign_in_name" in caplog.text
