"""POST /api/v1/secrets/batch: `on_conflict` and `sanitize_names`."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, assert_problem, invalid_fields, stored_value


def send(client: Any, names: list[str], **options: Any) -> Any:
    return client.post(BATCH, {"secrets": [{"name": name, "value": CANARY} for name in names], **options})


def results(answer: Any) -> list[str]:
    assert answer.status_code == 201, answer.content
    return [secret["name"] for secret in answer.json()["results"]]


@pytest.mark.parametrize(
    ("taken", "sent", "stored"),
    [
        ([], ["A"], ["A"]),
        (["A"], ["A"], ["A_2"]),
        (["A", "A_2", "A_3"], ["A"], ["A_4"]),
        (["A", "A_3"], ["A", "A"], ["A_2", "A_4"]),
        ([], ["A", "A", "A"], ["A", "A_2", "A_3"]),
        ([], ["A_2", "A", "A"], ["A_2", "A", "A_3"]),
        ([], ["A", "A", "A_2"], ["A", "A_2", "A_2_2"]),
        (["A"], ["B", "A", "B"], ["B", "A_2", "B_2"]),
    ],
)
def test_rename_gives_a_taken_name_the_next_free_suffix(
    api: Api, member: Any, taken: list[str], sent: list[str], stored: list[str]
) -> None:
    for name in taken:
        make_secret(member, name=name, value="was there before")
    assert results(send(api(member), sent, on_conflict="rename")) == stored
    assert {stored_value(secret.id) for secret in Secret.objects.filter(name__in=taken)} <= {"was there before"}


def test_rename_keeps_within_128_characters(api: Api, member: Any) -> None:
    longest = "A" + 127 * "B"
    make_secret(member, name=longest)
    stored = results(send(api(member), 10 * [longest], on_conflict="rename"))
    assert stored == [longest[:126] + f"_{number}" for number in range(2, 10)] + [
        longest[:125] + f"_{number}" for number in (10, 11)
    ]


def test_rename_looks_at_each_owner_for_itself(api: Api, member: Any, admin: Any, project: Project) -> None:
    make_secret(admin, name="A")
    make_secret(member, name="B", project_id=project.id)
    shared = {"value": CANARY, "project_id": str(project.id)}
    items = [{"name": "A", "value": CANARY}, {"name": "A", **shared}, {"name": "B", **shared}]
    answer = api(member).post(BATCH, {"secrets": items, "on_conflict": "rename"})
    assert results(answer) == ["A", "A", "B_2"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("dbPassword", "DB_PASSWORD"),
        ("api-key 2", "API_KEY_2"),
        ("2fa", "SECRET_2FA"),
        ("  spaced  ", "SPACED"),
        ("caf\u00e9 cr\u00e8me", "CAFE_CREME"),
        ("\U0001f511key", "KEY"),
        ("line\nbreak", "LINE_BREAK"),
        ("_private", "PRIVATE"),
        ("HTTPServer", "HTTP_SERVER"),
        (128 * "9", "SECRET_" + 121 * "9"),
    ],
)
def test_a_name_in_another_form_becomes_upper_snake_case(api: Api, member: Any, sent: str, stored: str) -> None:
    assert results(send(api(member), [sent], sanitize_names=True)) == [stored]


@pytest.mark.parametrize("name", ["TOKEN", "A__B", "TRAILING_", "S3BUCKET", "OAUTH2TOKEN", "X", "A" + 127 * "_"])
def test_a_name_in_the_right_form_stays(api: Api, member: Any, name: str) -> None:
    assert results(send(api(member), [name], sanitize_names=True)) == [name]


@pytest.mark.parametrize("name", ["", "---", "\u4e2d\u6587", "\u0661", 129 * "a", "a\x00b", 7, None])
def test_a_name_that_cannot_be_made_one_is_refused(api: Api, member: Any, name: Any) -> None:
    complaints = invalid_fields(send(api(member), ["OK", name], sanitize_names=True))
    assert complaints in ({"secrets.1.name"}, {"body"})
    assert not Secret.objects.exists()


def test_names_that_become_one_conflict(api: Api, member: Any) -> None:
    assert_problem(send(api(member), ["db password", "dbPassword"], sanitize_names=True), 409, "name_taken")
    assert not Secret.objects.exists()


def test_both_options_together(api: Api, member: Any) -> None:
    make_secret(member, name="DB_PASSWORD")
    answer = send(api(member), ["dbPassword", "DB_PASSWORD"], sanitize_names=True, on_conflict="rename")
    assert results(answer) == ["DB_PASSWORD_2", "DB_PASSWORD_3"]


@pytest.mark.parametrize("options", [{}, {"sanitize_names": False}, {"on_conflict": "rename"}])
def test_other_forms_are_refused_unless_sanitizing_is_asked_for(api: Api, member: Any, options: dict[str, Any]) -> None:
    assert invalid_fields(send(api(member), ["dbPassword"], **options)) == {"secrets.0.name"}
