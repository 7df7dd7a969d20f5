"""GET and POST /api/v1/projects/{id}/invitations, DELETE /api/v1/projects/{id}/invitations/{invitation_id}"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.actions import add_member
from projects.models import Invitation, Membership, Project
from tests.cast import CANARY, Api, make_invitation, make_project
from tests.contract import LIST_FIELDS, PROJECTS, assert_problem, body_but_for_request_id, invalid_fields

FIELDS = {"id", "email", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"}
BAD_ADDRESSES: list[Any] = [
    "",
    "nobody",
    "@example.com",
    "a@",
    "a b@example.com",
    "a@example.com, b@example.com",
    "a@example.com\nBcc: b@example.com",
    "a@example.com\r\n",
    "Ada <a@example.com>",
    '"a, b"@example.com',
    "mi\u212ae@example.com",
    "a@ex\u00e4mple.com",
    "a" * 250 + "@example.com",
    None,
    1,
    True,
    ["a@example.com"],
    {},
    CANARY,
]


@pytest.fixture
def invitations(project: Project) -> str:
    """Return the URL of the invitations into `project`."""
    return f"{PROJECTS}/{project.id}/invitations"


def states() -> list[str]:
    return [invitation.state for invitation in Invitation.objects.order_by("created_at")]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_an_admin_invites_an_address(api: Api, admin: Any, invitations: str, role: str, slash: str) -> None:
    answer = api(admin).post(invitations + slash, {"email": "ada@example.com", "role": role})
    assert answer.status_code == 201
    made = answer.json()
    assert made.keys() == FIELDS
    assert (made["email"], made["role"], made["state"]) == ("ada@example.com", role, "open")
    assert made["invited_by"] == admin.pk
    begin, end = (datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at"))
    assert end - begin == timedelta(days=7)
    assert not Membership.objects.filter(user__email="ada@example.com").exists()


def test_how_long_it_lasts_is_a_setting(api: Api, admin: Any, invitations: str, settings: Any) -> None:
    settings.PROJECTS = {"INVITATION_SECONDS": 60}
    made = api(admin).post(invitations, {"email": "ada@example.com", "role": "viewer"}).json()
    begin, end = (datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at"))
    assert end - begin == timedelta(seconds=60)


def test_answer_of_a_repeated_request_says_when_the_mail_went(api: Api, admin: Any, invitations: str) -> None:
    client, body = api(admin), {"email": "ada@example.com", "role": "viewer"}
    first = client.post(invitations, body, Idempotency_Key="ada").json()
    assert first["sent_at"] is None
    Invitation.objects.update(sent_at=timezone.now())
    again = client.post(invitations, body, Idempotency_Key="ada").json()
    assert datetime.fromisoformat(again["sent_at"]) == Invitation.objects.get().sent_at
    assert again | {"sent_at": None} == first


@pytest.mark.parametrize("sent", ["Stranger@Example.COM", "STRANGER@EXAMPLE.COM", "stranger@example.com"])
def test_an_address_is_kept_in_lower_case(api: Api, admin: Any, invitations: str, sent: str) -> None:
    assert api(admin).post(invitations, {"email": sent, "role": "viewer"}).json()["email"] == "stranger@example.com"
    assert Invitation.objects.get().email == "stranger@example.com"


def test_people_with_and_without_account_are_invited_alike(
    api: Api, admin: Any, member: Any, stranger: Any, invitations: str
) -> None:
    client, queries, answers = api(admin), [], []
    for email in ("nobody@example.com", stranger.email, member.email, admin.email):
        with CaptureQueriesContext(connection) as counted:
            answer = client.post(invitations, {"email": email, "role": "viewer"})
        queries.append(len(counted))
        own = dict.fromkeys(("id", "email", "created_at", "expires_at"), "")
        answers.append((answer.status_code, answer.json() | own))
    assert all(answer == answers[0] for answer in answers)
    assert len(set(queries)) == 1


def test_a_new_invitation_takes_the_place_of_the_open_one(api: Api, admin: Any, invitations: str) -> None:
    client = api(admin)
    first = client.post(invitations, {"email": "ada@example.com", "role": "viewer"}).json()
    client.post(invitations, {"email": "grace@example.com", "role": "viewer"})
    second = client.post(invitations, {"email": "Ada@example.com", "role": "member"}).json()
    listed = {row["id"]: row["state"] for row in client.get(invitations).json()["results"]}
    assert (listed[first["id"]], listed[second["id"]]) == ("revoked", "open")
    assert sorted(listed.values()) == ["open", "open", "revoked"]


def test_an_expired_one_gives_way_too(api: Api, admin: Any, invitations: str) -> None:
    client, body = api(admin), {"email": "ada@example.com", "role": "viewer"}
    client.post(invitations, body)
    Invitation.objects.update(expires_at=timezone.now())
    assert client.post(invitations, body).status_code == 201


def test_the_database_keeps_one_open_invitation_of_an_address(project: Project, admin: Any) -> None:
    row = make_invitation(admin, project, "ada@example.com").row
    row.pk, row.token_digest = uuid4(), "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_two_projects_may_invite_the_same_address(api: Api, admin: Any, invitations: str, stranger: Any) -> None:
    make_invitation(stranger, make_project(stranger), "ada@example.com")
    api(admin).post(invitations, {"email": "ada@example.com", "role": "viewer"})
    assert states() == ["open", "open"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        *[({"email": email}, "email") for email in BAD_ADDRESSES],
        *[({"role": role}, "role") for role in ("owner", "Admin", "", None, 1, ["admin"], CANARY)],
        *[({name: "x"}, "body") for name in ("id", "token", "expires_at", "project_id", "invited_by", CANARY)],
    ],
)
def test_other_bodies_are_refused(
    api: Api, admin: Any, invitations: str, change: dict[str, Any], complaint: str
) -> None:
    answer = api(admin).post(invitations, {"email": "ada@example.com", "role": "viewer", **change})
    assert invalid_fields(answer) == {complaint}
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_admin_lists_invitations_newest_first_with_outcomes(
    api: Api, admin: Any, project: Project, invitations: str, slash: str
) -> None:
    columns = {
        "open": {},
        "expired": {"expires_at": timezone.now()},
        "accepted": {"accepted_at": timezone.now()},
        "declined": {"declined_at": timezone.now()},
        "revoked": {"revoked_at": timezone.now()},
    }
    for state, changed in columns.items():
        row = make_invitation(admin, project, f"{state}@example.com").row
        Invitation.objects.filter(pk=row.pk).update(**changed)
    page = api(admin).get(invitations + slash).json()
    assert page.keys() == LIST_FIELDS
    assert [row["state"] for row in page["results"]] == list(reversed(columns))
    assert [row["email"] for row in page["results"]] == [f"{state}@example.com" for state in reversed(columns)]
    assert page["results"][0].keys() == FIELDS


def test_the_list_is_paged_and_costs_the_same_at_any_length(
    api: Api, admin: Any, project: Project, invitations: str
) -> None:
    client = api(admin)
    make_invitation(admin, project, "first@example.com")
    with CaptureQueriesContext(connection) as short:
        client.get(invitations)
    for number in range(5):
        make_invitation(admin, project, f"number{number}@example.com")
    with CaptureQueriesContext(connection) as long:
        assert client.get(invitations).json()["count"] == 6
    assert len(long) == len(short)
    page = client.get(f"{invitations}?limit=2&offset=4").json()
    assert [row["email"] for row in page["results"]] == ["number0@example.com", "first@example.com"]
    assert invalid_fields(client.get(f"{invitations}?email=first@example.com")) == {"query"}


def test_the_list_holds_its_own_project_only(api: Api, admin: Any, stranger: Any, invitations: str) -> None:
    make_invitation(stranger, make_project(stranger), "ada@example.com")
    assert api(admin).get(invitations).json()["results"] == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_admin_revokes_one(api: Api, admin: Any, project: Project, invitations: str, slash: str) -> None:
    row = make_invitation(admin, project, "ada@example.com").row
    answer = api(admin).delete(f"{invitations}/{row.id}{slash}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert states() == ["revoked"]


@pytest.mark.parametrize("column", ["accepted_at", "declined_at", "revoked_at"])
def test_what_has_been_answered_cannot_be_revoked(
    api: Api, admin: Any, project: Project, invitations: str, column: str
) -> None:
    row = make_invitation(admin, project, "ada@example.com").row
    Invitation.objects.update(**{column: timezone.now()})
    before = states()
    assert_problem(api(admin).delete(f"{invitations}/{row.id}"), 404, "not_found")
    assert states() == before


def test_one_of_another_project_is_as_one_that_is_not_there(
    api: Api, admin: Any, stranger: Any, invitations: str
) -> None:
    other = make_project(stranger)
    add_member(actor=Actor.from_user(stranger), project_id=other.id, username="admin", role=Role.ADMIN)
    foreign = make_invitation(stranger, other, "ada@example.com").row
    client = api(admin)
    answers = [client.delete(f"{invitations}/{invitation_id}") for invitation_id in (foreign.id, uuid4())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    assert_problem(answers[0], 404, "not_found")
    assert states() == ["open"]


@pytest.mark.parametrize(
    ("role", "status", "code"),
    [
        ("viewer", 403, "role_too_low"),
        ("member", 403, "role_too_low"),
        ("stranger", 404, "not_found"),
        ("exmember", 404, "not_found"),
        ("staff", 404, "not_found"),
        ("superuser", 404, "not_found"),
    ],
)
def test_nobody_else_manages_them(
    api: Api,
    request: pytest.FixtureRequest,
    admin: Any,
    project: Project,
    invitations: str,
    role: str,
    status: int,
    code: str,
) -> None:
    row = make_invitation(admin, project, "ada@example.com").row
    client = api(request.getfixturevalue(role))
    answers = [
        client.get(invitations),
        client.post(invitations, {"email": "grace@example.com", "role": "viewer"}),
        client.delete(f"{invitations}/{row.id}"),
        client.delete(f"{invitations}/{uuid4()}"),
    ]
    for answer in answers:
        assert_problem(answer, status, code)
    assert states() == ["open"]


@pytest.mark.parametrize("outsider", ["stranger", "exmember", "superuser"])
def test_an_outsider_cannot_tell_a_project_from_none(
    api: Api, request: pytest.FixtureRequest, project: Project, outsider: str
) -> None:
    client, body = api(request.getfixturevalue(outsider)), {"email": "ada@example.com", "role": "viewer"}
    answers = [client.post(f"{PROJECTS}/{project_id}/invitations", body) for project_id in (project.id, uuid4())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])


def test_a_site_without_mail_says_so_and_makes_nothing(api: Api, admin: Any, invitations: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    answer = api(admin).post(invitations, {"email": "ada@example.com", "role": "viewer"})
    assert_problem(answer, 409, "email_off")
    assert not Invitation.objects.exists()


def test_removing_a_member_revokes_invitations_to_their_address(
    api: Api, admin: Any, member: Any, viewer: Any, project: Project
) -> None:
    make_invitation(admin, project, member.email.upper())
    make_invitation(admin, project, viewer.email)
    api(admin).delete(f"{PROJECTS}/{project.id}/members/{member.pk}")
    assert states() == ["revoked", "open"]
