"""Importing a `.env`: a preview by name, then all of it or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import make_secret
from tests.contract import stored_value
from tests.neo_pages.conftest import SignedIn

pytestmark = pytest.mark.once

IMPORT = reverse("neo_pages:secret_import")
DOTENV = """\ufeff# A comment
export DATABASE_URL="postgres://u:hunter2@db/x"
apiKey='it is # no comment'\r
EMPTY=
MULTI="one
two"
URL=${DATABASE_URL}?ssl
"""


def form(text: str, **fields: str) -> dict[str, str]:
    return {"text": text, "on_conflict": "refuse", **fields}


def stored() -> dict[str, str]:
    return {secret.name: stored_value(secret.pk) for secret in Secret.objects.order_by("name")}


def test_a_dotenv_is_stored_whole(member: Any, project: Project, signed_in: SignedIn) -> None:
    answer = signed_in(member).post(f"{IMPORT}?project={project.pk}", form(DOTENV, default_available="on"), follow=True)
    assert "4 stored, 0 got a new version, 0 left as they were." in answer.content.decode()
    assert stored() == {
        "API_KEY": "it is # no comment",
        "DATABASE_URL": "postgres://u:hunter2@db/x",
        "MULTI": "one\ntwo",
        "URL": "postgres://u:hunter2@db/x?ssl",
    }
    assert set(Secret.objects.values_list("project_id", "default_available")) == {(project.pk, True)}


def test_a_preview_names_what_happens_and_stores_nothing(member: Any, signed_in: SignedIn) -> None:
    make_secret(member, name="API_KEY")
    page = signed_in(member).post(IMPORT, form(DOTENV, on_conflict="rename", preview="1")).content.decode()
    for said in ("apiKey", "API_KEY_2", "line 3", "renamed", "empty: left out", "DATABASE_URL"):
        assert said in page
    for value in ("hunter2", "no comment", "two"):
        assert value not in page.partition("<h2>")[2]
    assert list(stored()) == ["API_KEY"]


@pytest.mark.parametrize(
    ("on_conflict", "values"),
    [
        ("refuse", {"A": "present-0123456789"}),
        ("skip", {"A": "present-0123456789", "B": "new-b-0123456789"}),
        ("replace", {"A": "new-a-0123456789", "B": "new-b-0123456789"}),
        ("rename", {"A": "present-0123456789", "A_2": "new-a-0123456789", "B": "new-b-0123456789"}),
    ],
)
def test_a_taken_name_is_handled_as_chosen(
    on_conflict: str, values: dict[str, str], member: Any, signed_in: SignedIn
) -> None:
    make_secret(member, name="A", value="present-0123456789")
    text = "A=new-a-0123456789\nB=new-b-0123456789\n"
    page = signed_in(member).post(IMPORT, form(text, on_conflict=on_conflict), follow=True).content.decode()
    assert stored() == values
    assert "new-a" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=1\nhunter2 is no assignment", "Line 2 is no assignment like NAME=value."),
        ("A", "Line 1 is no assignment like NAME=value."),
        ("# nothing", "There is no assignment like NAME=value in this text."),
        ("A=1\n\n\nA=hunter2", "Lines 1 and 4 both assign A."),
        ("aB=1\nA_B=hunter2", "Lines 1 and 2 both assign A_B."),
        ("A=hunter2${B}", "Line 1 refers to a variable that no line before it assigns."),
        ("-=hunter2", "No secret can have the name in line 1."),
        (f"A=hunter2{'x' * 10_000}", "The value in line 1 is longer than 10000 characters."),
    ],
)
def test_a_text_that_cannot_be_imported_is_told_by_line(text: str, said: str, member: Any, signed_in: SignedIn) -> None:
    page = signed_in(member).post(IMPORT, form(text)).content.decode()
    assert said in page
    assert "hunter2" not in page
    assert stored() == {}


def test_variables_of_the_server_are_not_read(
    member: Any, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO_MASTER_KEYS", "the-master-key")
    page = signed_in(member).post(IMPORT, form("A=${NEO_MASTER_KEYS}")).content.decode()
    assert "refers to a variable" in page
    assert stored() == {}


def test_more_than_there_is_room_for_is_refused_whole(member: Any, signed_in: SignedIn, settings: Any) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 1}
    client, text = signed_in(member), "A=1\nB=2"
    assert "There is room for 1 more" in client.post(IMPORT, form(text, preview="1")).content.decode()
    assert "reached the limit" in client.post(IMPORT, form(text)).content.decode()
    assert stored() == {}
