"""Valid and invalid names, tags and settings of a project, in POST and in PATCH."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.cast import CANARY, Api
from tests.contract import PROJECTS, invalid_fields

CONTROLS = ["a\nb", "a\rb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "a\x9fb", "trailing\n"]
GOOD = [
    {"name": " "},
    {"name": 128 * "x"},
    {"name": 128 * "\U0001f680"},
    {"name": "\u00dcn\u00efc\u00f6d\u00e9 & <b>"},
    {"tags": []},
    {"tags": [f"tag {number}" for number in range(20)]},
    {"tags": [32 * "\U0001f680"]},
    {"tags": ["same", "same"]},
    {"tags": ["with, comma", "  "]},
    {"settings_md": ""},
    {"settings_md": "line\r\n\ttabbed\n"},
]
BAD_NAMES: list[Any] = [129 * "x", *CONTROLS, 1, True, None, [], {}, [CANARY]]
BAD_SETTINGS: list[Any] = [1, True, None, [], {}, [CANARY]]
BAD_TAGS: list[Any] = [
    [f"tag {number}" for number in range(21)],
    [33 * "x"],
    [""],
    ["good", "", "good"],
    *[[control] for control in CONTROLS],
    [1],
    [None],
    [True],
    [["nested"]],
    [{"a": CANARY}],
    CANARY,
    "a,b",
    {},
    {"0": CANARY},
    None,
    1,
    True,
]


@pytest.mark.parametrize("change", GOOD)
def test_it_is_kept_as_sent(api: Api, admin: Any, project: Project, change: dict[str, Any]) -> None:
    client = api(admin)
    assert change.items() <= client.post(PROJECTS, change).json()["project"].items()
    assert change.items() <= client.patch(f"{PROJECTS}/{project.id}", change).json()["project"].items()
    assert change.items() <= client.get(f"{PROJECTS}/{project.id}").json()["project"].items()


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        *[("name", name) for name in BAD_NAMES],
        *[("tags", tags) for tags in BAD_TAGS],
        *[("settings_md", settings) for settings in BAD_SETTINGS],
    ],
)
def test_the_rest_is_refused_and_changes_nothing(api: Api, admin: Any, project: Project, field: str, sent: Any) -> None:
    client = api(admin)
    for answer in (client.post(PROJECTS, {field: sent}), client.patch(f"{PROJECTS}/{project.id}", {field: sent})):
        assert {complaint.split(".")[0] for complaint in invalid_fields(answer)} == {field}
    assert Project.objects.get().updated_at == project.updated_at


def test_only_a_new_project_may_be_without_a_name(api: Api, admin: Any, project: Project) -> None:
    assert api(admin).post(PROJECTS, {"name": ""}).json()["project"]["name"] == ""
    assert invalid_fields(api(admin).patch(f"{PROJECTS}/{project.id}", {"name": ""})) == {"name"}


def test_tags_far_too_many_cost_one_message(api: Api, stranger: Any) -> None:
    answer = api(stranger).post(PROJECTS, {"tags": 5_000 * [1]})
    assert invalid_fields(answer) == {"tags"}
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("character", ["x", "\n", "\U0001f680"])
def test_settings_of_35000_characters_stay_whole(api: Api, admin: Any, project: Project, character: str) -> None:
    whole, client = 35_000 * character, api(admin)
    assert client.post(PROJECTS, {"settings_md": whole}).json()["project"]["settings_md"] == whole
    changed = client.patch(f"{PROJECTS}/{project.id}", {"settings_md": whole})
    assert changed.json()["project"]["settings_md"] == whole


@pytest.mark.parametrize("length", [35_001, 70_000])
@pytest.mark.parametrize("character", ["x", "\U0001f680"])
def test_longer_ones_are_cut_and_end_in_a_notice(
    api: Api, admin: Any, project: Project, character: str, length: int
) -> None:
    client, body = api(admin), {"settings_md": length * character}
    answers = [client.post(PROJECTS, body), client.patch(f"{PROJECTS}/{project.id}", body)]
    assert [answer.status_code for answer in answers] == [201, 200]
    for answer in answers:
        cut = answer.json()["project"]["settings_md"]
        text = cut.removesuffix("[truncated] max char limit 35k")
        assert (len(cut), set(text)) == (35_000, {character})


def test_what_was_cut_is_not_cut_again(api: Api, admin: Any, project: Project) -> None:
    client, address = api(admin), f"{PROJECTS}/{project.id}"
    cut = client.patch(address, {"settings_md": 40_000 * "x"}).json()["project"]["settings_md"]
    assert client.patch(address, {"settings_md": cut}).json()["project"]["settings_md"] == cut
