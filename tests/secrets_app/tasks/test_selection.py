"""The rule of selection, and the API, against the table in `table.py`; and cases with several names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from neo_base.access.actors import Actor
from neo_base.access.policies import check
from projects.models import Project
from secrets_app.actions.secrets import update_secret
from secrets_app.models import RememberedName, Secret, TaskGrant
from secrets_app.models.task_grant import OwnerKind
from secrets_app.policies import PERMISSIONS, Permission
from secrets_app.tasks.selection import Candidate, Remembered, SelectedName, SelectionRequest, select
from tests.authorization.flips import PROJECT, Person, RolesOfPersons
from tests.cast import Api, make_secret
from tests.refusals import refusal_of
from tests.secrets_app.tasks.table import Case, cases

pytestmark = pytest.mark.once

CASES = cases()
NOW = datetime(2030, 1, 1, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
GRANTS = "/api/v1/task-grants"
THREAD = "thread"
VALUES = {"personal": "personal value of X", "project": "shared value of X"}


def reason_to_hold(words: str) -> str:
    """Return the reason of the quarantine that these words of the table describe, empty if they name none."""
    return "agent" if "quarantined" in words else "risky_name" if "risky" in words else ""


def candidate(words: str, kind: OwnerKind, **facts: Any) -> Candidate:
    """Return the secret that these words of the table describe."""
    defaults: dict[str, Any] = {
        "secret_id": uuid4(),
        "name": "X",
        "default_available": "default" in words,
        "expires_at": PAST if "expired" in words else FUTURE,
        "quarantine_reason": reason_to_hold(words),
        "is_unpromoted": bool(reason_to_hold(words)) or "made" in words,
    }
    return Candidate(owner_kind=kind, **defaults | facts)


def candidates_of(case: Case) -> list[Candidate]:
    """Return the secrets of the task's owners in this case."""
    owners = {OwnerKind.PERSONAL: case.personal, OwnerKind.PROJECT: case.project if case.task == "project" else "-"}
    return [candidate(words, kind) for kind, words in owners.items() if words != "-"]


def refused_by_the_role(case: Case) -> str:
    """Return the code of the error with which the policy refuses the role in this case, "-" if it does not."""
    roles = {"exmember": None, "stranger": None}
    actor = Actor.from_user(Person(roles.get(case.role, case.role)))
    refusal = refusal_of(check, actor, PERMISSIONS[Permission.RUNTIME_USE], PROJECT, RolesOfPersons())
    return str(getattr(refusal, "default_code", "-")) if case.task == "project" else "-"


def test_each_case_is_in_the_table_once() -> None:
    assert len(CASES) >= 40
    assert len({case[:6] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.refused in ("-", "unknown_secrets")], ids=str)
def test_the_rule_follows_the_table(case: Case) -> None:
    remembered = [Remembered(OwnerKind(kind), "X") for kind in case.remembers.split() if kind != "-"]
    selected = [SelectedName.parse(name) for name in case.names or ()]
    selection = select(candidates_of(case), SelectionRequest(selected, remembered, case.include_default), now=NOW)
    assert [f"{secret.owner_kind} {reason}" for secret, reason in selection.given] == case.given
    assert [f"{secret.owner_kind} {reason}" for secret, reason in selection.omitted] == case.omitted
    assert bool(selection.unknown) is (case.refused == "unknown_secrets")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_policy_follows_the_table(case: Case) -> None:
    assert refused_by_the_role(case) == case.refused.replace("unknown_secrets", "-")


class Scene:
    """The secrets and the request of a case, stored in the database."""

    def __init__(self, case: Case, user: Any, admin: Any, project: Project) -> None:
        owners = {"personal": (case.personal, user, None), "project": (case.project, admin, project.id)}
        self.secrets = {
            owner: self._secret(words, maker, owner, project_id=of_project)
            for owner, (words, maker, of_project) in owners.items()
            if words != "-"
        }
        project_id = project.id if case.task == "project" else None
        for kind in case.remembers.replace("-", "").split():
            RememberedName.objects.create(
                user=user, project_id=project_id, thread_id=THREAD, owner_kind=OwnerKind(kind), name="X"
            )
        self.body = {
            "project_id": str(project_id) if project_id else None,
            "secrets": case.names,
            "include_default": case.include_default,
            "thread_id": THREAD,
        }

    def _secret(self, words: str, maker: Any, owner: str, project_id: UUID | None = None) -> Secret:
        secret = make_secret(
            maker, name="X", value=VALUES[owner], default_available="default" in words, project_id=project_id
        )
        changes = {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)} if "expired" in words else {}
        update_secret(actor=Actor.from_user(maker), secret_id=secret.id, changes=changes)
        by_a_task = "quarantined" in words or "made" in words
        Secret.objects.filter(pk=secret.pk).update(
            grant_id=uuid4() if by_a_task else None, quarantine_reason=reason_to_hold(words)
        )
        return secret


@pytest.fixture
def grantor(request: pytest.FixtureRequest, project: Project) -> Any:
    """The user who creates the grant in this case."""
    role = request.node.callspec.params["case"].role
    return request.getfixturevalue("member" if role == "-" else role)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_api_follows_the_table(case: Case, grantor: Any, admin: Any, project: Project, api: Api) -> None:
    scene, client = Scene(case, grantor, admin, project), api(grantor)
    explained, granted = client.post(f"{GRANTS}/explain", scene.body), client.post(GRANTS, scene.body)
    assert explained.json().get("code", "-") == granted.json().get("code", "-") == case.refused
    answer = granted.json()
    assert {name: answer.get(name) for name in explained.json()} | {"request_id": ""} == {
        **explained.json(),
        "request_id": "",
    }
    ids = {name: str(secret.id) for name, secret in scene.secrets.items()}
    for listed, expected in [("secrets", case.given), ("omitted", case.omitted)]:
        rows = answer.get(listed, [])
        assert [f"{row['owner']} {row['reason']}" for row in rows] == expected
        assert [(row["name"], row["secret_id"]) for row in rows] == [("X", ids[row["owner"]]) for row in rows]
    assert TaskGrant.objects.count() == (case.refused == "-")


def test_names_are_independent_and_sorted() -> None:
    rows = [candidate("default", OwnerKind.PROJECT, name=name) for name in ("B_2", "B", "C", "A")]
    rows += [candidate("default", OwnerKind.PERSONAL, name=name) for name in ("B", "A")]
    selection = select(rows, SelectionRequest(), now=NOW)
    assert [given.secret.name for given in selection.given] == ["A", "B", "B_2", "C"]
    assert [omitted.secret.name for omitted in selection.omitted] == ["A", "B"]


def test_each_unknown_name_is_listed_once_as_selected() -> None:
    selected = [SelectedName.parse(name) for name in ("Z", "personal:X", "X", "A", "Z", "personal:A")]
    selection = select([candidate("plain", OwnerKind.PROJECT)], SelectionRequest(selected), now=NOW)
    assert [str(name) for name in selection.unknown] == ["Z", "personal:X", "A", "personal:A"]


def test_a_secret_is_expired_at_exactly_its_expiry() -> None:
    at = {moment: candidate("default", OwnerKind.PERSONAL, expires_at=moment) for moment in (PAST, NOW, FUTURE, None)}
    assert [moment for moment, row in at.items() if select([row], SelectionRequest(), now=NOW).given] == [FUTURE, None]
