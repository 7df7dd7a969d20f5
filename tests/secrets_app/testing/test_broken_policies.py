"""The conformance tests fail for broken policies, each broken in a way that occurs in practice."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction

from projects.models import Membership, Project
from projects.policies import DefaultMembershipPolicy
from secrets_app.testing import conformance

pytestmark = pytest.mark.once

CASES = {name: case for name, case in vars(conformance).items() if name.startswith("test_")}


class Remembers(DefaultMembershipPolicy):
    """A policy that caches roles from one request to the next."""

    roles: ClassVar[dict[Any, str | None]] = {}

    def role(self, user: Any, project_id: UUID) -> str | None:
        if (user.pk, project_id) not in self.roles:
            self.roles[user.pk, project_id] = super().role(user, project_id)
        return self.roles[user.pk, project_id]


class LetsEverybodyLook(DefaultMembershipPolicy):
    def role(self, user: Any, project_id: UUID) -> str | None:
        return super().role(user, project_id) or "viewer"


class ListsEverything(DefaultMembershipPolicy):
    def project_ids(self, user: Any) -> Iterable[UUID]:
        return Project.objects.values_list("pk", flat=True)


class ListsNothing(DefaultMembershipPolicy):
    def project_ids(self, user: Any) -> Iterable[UUID]:
        return []


class LetsOperatorsIn(DefaultMembershipPolicy):
    def role(self, user: Any, project_id: UUID) -> str | None:
        return "admin" if user.is_superuser else super().role(user, project_id)


class ForgetsWhichProject(DefaultMembershipPolicy):
    def role(self, user: Any, project_id: UUID) -> str | None:
        return Membership.objects.filter(user=user).values_list("role", flat=True).first()


class RaisesForStrangers(DefaultMembershipPolicy):
    def role(self, user: Any, project_id: UUID) -> str | None:
        return Membership.objects.get(user=user, project_id=project_id).role


class MakesViewersMembers(DefaultMembershipPolicy):
    def role(self, user: Any, project_id: UUID) -> str | None:
        role = super().role(user, project_id)
        return "member" if role == "viewer" else role


class HasWordsOfItsOwn(DefaultMembershipPolicy):
    def role(self, user: Any, project_id: UUID) -> str | None:
        role = super().role(user, project_id)
        return "owner" if role == "admin" else role


BROKEN = {
    Remembers: "test_removed_member_is_out_at_the_next_request",
    LetsEverybodyLook: "test_project_of_others_is_answered_like_an_unknown_one",
    ListsEverything: "test_secret_of_others_is_answered_like_an_unknown_one",
    ListsNothing: "test_a_member_creates_changes_and_deletes",
    LetsOperatorsIn: "test_operators_have_no_role_by_their_flag",
    ForgetsWhichProject: "test_a_role_counts_in_its_own_project_only",
    RaisesForStrangers: "test_outsider_has_no_role",
    MakesViewersMembers: "test_a_viewer_reads_and_changes_nothing",
    HasWordsOfItsOwn: "test_a_role_is_what_it_was_set_to",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("policy", "case"), BROKEN.items(), ids=lambda each: getattr(each, "__name__", each))
def test_a_broken_policy_fails_the_case_that_is_about_it(
    policy: type, case: str, request: pytest.FixtureRequest, settings: Any
) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"MEMBERSHIP_POLICY": f"{__name__}.{policy.__name__}"}
    Remembers.roles.clear()
    noticed = [failed(CASES[case], arguments, request) for arguments in ways_to_call(CASES[case])]
    assert any(noticed)


def ways_to_call(case: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each case of its parametrization; none for a case without one."""
    for mark in getattr(case, "pytestmark", []):
        yield from ({mark.args[0]: value} for value in mark.args[1])
        return
    yield {}


def failed(case: Callable[..., None], arguments: dict[str, Any], request: pytest.FixtureRequest) -> bool:
    wanted = [name for name in inspect.signature(case).parameters if name not in arguments | {"request": 0}]
    fixtures = {name: request.getfixturevalue(name) for name in wanted}
    with_request = {name: request for name in inspect.signature(case).parameters if name == "request"}
    try:
        with transaction.atomic():
            case(**fixtures, **arguments, **with_request)
            transaction.set_rollback(True)
    except (AssertionError, Membership.DoesNotExist):
        return True
    return False
