"""Every route, every method, every actor, every state: the answer is the one that the permission tables promise.

What is expected comes from `projects/policies.py` and `secrets_app/policies.py`, by the rules in `rules.py`: so the
tables are what the API does. That they say what is wanted is held by the `test_policies.py` of either app.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import override_settings

from neo_base.access.policies import SIGNED_IN
from neo_site.signin.tokens import AccessToken
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import AuditEvent, DataKey
from secrets_app.models.token import TokenScope
from tests.authorization.actors import EVERYBODY, Actor
from tests.authorization.flips import Flip, flips, that_tell
from tests.authorization.policies import POLICIES, table_of
from tests.authorization.requests import request_of
from tests.authorization.routes import permissions_of, views, views_by_address
from tests.authorization.rules import is_let_in, promised
from tests.authorization.stage import Stage
from tests.authorization.table import CREDENTIALS, METHODS, TASK, USER, Question, questions

pytestmark = pytest.mark.once

QUESTIONS = list(questions())
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")

# Who asks by methods that are refused, and by HEAD, which is as GET: one of each kind. At night everybody does.
A_FEW = {"anon", "superuser", "admin", "signed-out", "admin-token", "revoked-token", "admin-task", "revoked-task"}
FIRST = {(each.route, each.method): each for each in reversed(QUESTIONS)}
# Operators ask elsewhere, and what everybody has asks for no role: those flips are `test_flipped_policies.py`'s.
FLIPS = [
    flip
    for flip in flips(POLICIES, TokenScope.values, [])
    if flip.grant.scope != POLICIES[flip.permission].scope
    or (flip.grant.roles != POLICIES[flip.permission].roles != SIGNED_IN)
]
# The project, or the membership, is then looked for among the actor's own, and not found.
BEHIND_A_SECOND_WALL = {"project.view is for everybody", "members.leave is for everybody"}
# The view asks `secret.promote` first, which refuses tokens and viewers already.
BEHIND_A_SECOND_WALL |= {
    str(flip)
    for flip in FLIPS
    if flip.permission == "secret.promote_risky_name"
    and (flip.change == "gains viewer" or flip.grant.scope != POLICIES[flip.permission].scope)
}

# The view asks `token.manage` first, which refuses tokens of every scope already.
BEHIND_A_SECOND_WALL |= {
    str(flip)
    for flip in FLIPS
    if flip.permission == "project_tokens.manage" and flip.grant.scope != POLICIES[flip.permission].scope
}

Answers = dict[str, int]
Rows = dict[str, list[Any]]


def asked_by_few(question: Question) -> bool:
    return question.status == 405 or question.method == "HEAD"


def actors_of(question: Question) -> list[Actor]:
    """Everybody; who is not let in asks about the first thing that a route and a method are about, and not of each."""
    is_first = FIRST[question.route, question.method] is question
    return [actor for actor in EVERYBODY if is_first or is_let_in(question, actor)]


def differing(question: Question, actors: list[Actor], stage: Stage) -> dict[str, tuple[int, int]]:
    """Return the status that an actor gets and the one that is promised, where they differ."""
    answers = ask(question, actors, stage)
    expected = {actor.name: promised(question, actor, POLICIES) for actor in actors}
    return {name: (answers[name], status) for name, status in expected.items() if answers[name] != status}


def all_rows() -> Rows:
    """Every row of every table, each with all its columns. In plain SQL, and as text, which takes a tenth of the time.

    But for the audit's rows of what was refused: those are to come. And for the number of seals that a process books in
    advance for a data key: a quick way that gives up keeps them for the next value.
    """
    models = [model for model in apps.get_models() if model not in (Permission, ContentType)]
    rows = {}
    with connection.cursor() as cursor:
        for table, keys in [(model._meta.db_table, model._meta.pk_fields) for model in models]:
            order = ", ".join(f'"{key.column}"' for key in keys)
            done = "WHERE outcome = 'done'" if table == AuditEvent._meta.db_table else ""
            whole = f"to_jsonb(\"{table}\") - 'seals'" if table == DataKey._meta.db_table else f'"{table}"::text'
            row = {"postgresql": whole}.get(connection.vendor, "*")
            cursor.execute(f'SELECT {row} FROM "{table}" {done} ORDER BY {order}')  # noqa: S608  (names of our models)
            rows[table] = cursor.fetchall()
    return rows


def ask(question: Question, actors: list[Actor], stage: Stage) -> Answers:
    """Return the status that each actor gets; what they change is undone before the next one asks."""
    team_role = "viewer" if question.whose == "the team" else None
    answers = {}
    with override_settings(PROJECTS=site_settings.PROJECTS | {"TEAM_ROLE": team_role}):
        for actor in actors:
            path, body = request_of(question, actor, stage)
            with nullcontext() if question.method in SAFE else transaction.atomic():
                answer = stage.players[actor.name].client.request(question.method, path, body)
                if question.method not in SAFE:
                    transaction.set_rollback(answer.status_code < 400)
            answers[actor.name] = answer.status_code
    return answers


def is_noticed(flip: Flip, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether an answer is another one than promised, while the policy table holds `flip`."""
    with monkeypatch.context() as patch:
        patch.setitem(table_of(flip.permission), flip.permission, flip.grant)
        return any(
            ask(question, [actor], stage)[actor.name] != promised(question, actor, POLICIES)
            for question, actor in that_tell(flip, POLICIES)
        )


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """One stage for all: it stands in a transaction that is never committed, in which each question is undone."""
    # A line of log for each of many thousand requests takes a tenth of the time; warnings still come.
    logging.disable(logging.INFO)
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        # They sign in once, and on a busy machine the questions take longer than an access token lives.
        patch.setattr(AccessToken, "lifetime", timedelta(hours=2))
        # Refused attempts are written after the answer, which they cannot change, and cost more than most answers do.
        patch.setattr(recorder, "settle", recorder.clear)
        stage = Stage()
        # Else each test goes once more through all constraints that PostgreSQL has put off, for 10 ms.
        connection.check_constraints()
        yield stage
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def rows_before(stage: Stage) -> Rows:
    return all_rows()


@pytest.mark.django_db
@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_everybody_gets_the_answer_that_the_permissions_promise(
    question: Question, stage: Stage, rows_before: Rows
) -> None:
    actors = [actor for actor in actors_of(question) if actor.name in A_FEW or not asked_by_few(question)]
    assert differing(question, actors, stage) == {}
    # Told apart before the assertion: pytest would draw up the difference of all rows.
    changed = [table for table, rows in all_rows().items() if rows != rows_before[table]]
    assert changed == [], "what was refused, or only read, has changed something"


@pytest.mark.nightly
@pytest.mark.django_db
def test_a_refused_method_is_refused_to_everybody(stage: Stage, rows_before: Rows) -> None:
    asked = [question for question in QUESTIONS if asked_by_few(question)]
    assert {str(each): found for each in asked if (found := differing(each, actors_of(each), stage))} == {}
    assert all_rows() == rows_before


@pytest.mark.django_db
def test_a_flipped_role_or_scope_changes_an_answer(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    unnoticed = {str(flip) for flip in FLIPS if not is_noticed(flip, stage, monkeypatch)}
    assert unnoticed == BEHIND_A_SECOND_WALL


def test_every_route_is_asked_by_every_method() -> None:
    asked = {(question.route, question.method) for question in QUESTIONS}
    assert asked == {(route, method) for route in views() for method in METHODS}


def test_every_accepted_method_is_in_the_table_with_a_permission() -> None:
    listed = {(each.route, each.method) for each in QUESTIONS if each.status != 405 and each.credential in (USER, TASK)}
    with_head = {"GET": ("GET", "HEAD")}
    declared = {
        (route, each)
        for route in views()
        for method in permissions_of(route)
        for each in with_head.get(method, (method,))
    }
    assert listed == declared


def test_a_route_without_permissions_names_its_credential() -> None:
    without = {route for route, view in views().items() if not permissions_of(route)}
    assert without == {route for route, credential in CREDENTIALS.items() if credential != TASK}


def test_both_forms_of_an_address_are_one_view_with_one_name() -> None:
    for address, found in views_by_address().items():
        assert sum(pattern.name is not None for pattern in found) == 1, address
        views = [pattern.callback for pattern in found]
        assert len({getattr(view, "cls", view) for view in views}) == 1, address
        # One of the two is in no OpenAPI document; all else is the same.
        assert len({str(getattr(view, "initkwargs", {}) | {"schema": None}) for view in views}) == 1, address


def test_the_table_says_each_thing_once() -> None:
    said = Counter((each.route, each.about, each.whose, each.method) for each in QUESTIONS)
    assert {question: times for question, times in said.items() if times > 1} == {}
