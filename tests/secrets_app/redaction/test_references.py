"""Resolving references: once, all or none, and without other changes."""

from __future__ import annotations

import copy
import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.redaction import references
from secrets_app.redaction.references import (
    MAX_DEPTH,
    MAX_LENGTH,
    KeysCollide,
    TooLarge,
    UnfitForHeaders,
    UnknownNames,
    UnresolvedReferences,
    escape,
    names_in,
    resolve,
    resolve_headers,
    resolve_json,
)
from tests.cast import CANARY

VALUES = {
    "A": "1",
    "GITHUB_TOKEN": "ghp_x",
    "N" * 128: "long name",
    "NESTED": "{{$A}}",
    "BACK": r"\1\g<0>",
    "EMPTY": "",
}
WRITTEN = {
    "{{$A}}": "1", "{{$$A}}": "{{$A}}", "{{$NESTED}}": "{{$A}}", "{{": "{{", "$A": "$A", "}}": "}}", "{{$a}}": "{{$a}}",
}  # fmt: skip

# What references are made of, so that they and near misses come up often.
TEXTS = st.text("{}$AB_1a \\\n", max_size=30) | st.lists(
    st.sampled_from(["{{$A}}", "{{$$A}}", "{{", "$", "}}", "{{$", "A", "{{$NESTED}}", "é"]), max_size=8
).map("".join)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("{{$A}}", "1"),
        ("Bearer {{$GITHUB_TOKEN}}", "Bearer ghp_x"),
        ("{{$A}}{{$A}}{{$EMPTY}}", "11"),
        ("{{$" + "N" * 128 + "}}", "long name"),
        ("{{{{$A}}}}", "{{1}}"),
        ("{{{$A}}}", "{1}"),
        ("${{$A}}", "$1"),
        ("{{$NESTED}}", "{{$A}}"),
        ("{{${{$A}}}}", "{{$1}}"),
        ("{{$BACK}}", r"\1\g<0>"),
        ("{{$$A}}", "{{$A}}"),
        ("{{$$$A}}", "{{$$A}}"),
        ("{{$$UNKNOWN}}", "{{$UNKNOWN}}"),
    ],
)
def test_references_are_resolved_once(text: str, expected: str) -> None:
    assert resolve(text, VALUES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{A}}", "{{ $A }}", "{{$ A}}", "{{$A }}", "{{$a}}", "{{$1}}", "{{$_A}}", "{{$A-B}}", "{$A}",
        "{{$A}", "{{$}}", "$A", "${A}", "{{$A\n}}", "{{$Ä}}", "{{$A|upper}}", "{{$A.__class__}}", "{{ 7*7 }}",
        "{% now %}", "$(id)", "`id`", "%s", "{0}",
        "{{$" + "N" * 129 + "}}", r"\{{ $A}}",
    ],
)  # fmt: skip
def test_other_text_stays_as_it_is(text: str) -> None:
    assert resolve(text, VALUES) == text


def test_the_error_has_every_unknown_name_and_no_value() -> None:
    with pytest.raises(UnknownNames) as error:
        resolve("{{$Z}} {{$A}} {{$Y_2}} {{$Z}} {{$$X}}", {"A": CANARY})
    assert error.value.names == ["Y_2", "Z"]
    assert str(error.value) == "There is no secret Y_2. There is no secret Z."


@given(text=TEXTS)
def test_escaped_text_resolves_to_the_original(text: str) -> None:
    assert resolve(escape(text), {}) == text
    assert names_in(escape(text)) == set()


@given(parts=st.lists(st.sampled_from(sorted(WRITTEN)), max_size=10))
def test_parts_of_a_text_are_resolved_independently(parts: list[str]) -> None:
    assert resolve(" ".join(parts), VALUES) == " ".join(WRITTEN[part] for part in parts)


# JSON


def test_strings_and_keys_in_json_are_resolved() -> None:
    tree = {"url": "https://{{$A}}", "n": 1, "list": [None, True, 1.5, "{{$GITHUB_TOKEN}}"], "{{$A}}": {"x": "{{$$A}}"}}
    before = copy.deepcopy(tree)
    assert resolve_json(tree, VALUES) == {
        "url": "https://1", "n": 1, "list": [None, True, 1.5, "ghp_x"], "1": {"x": "{{$A}}"},
    }  # fmt: skip
    assert tree == before


def test_unknown_names_are_collected_from_the_whole_tree() -> None:
    with pytest.raises(UnknownNames) as error:
        resolve_json({"{{$K}}": ["{{$L}}", {"x": "{{$M}} {{$A}}"}]}, VALUES)
    assert error.value.names == ["K", "L", "M"]


@pytest.mark.parametrize("tree", [{"{{$A}}": 0, "1": 0}, {"{{$A}}": 0, "{{$B}}": 0}, [{"x": {"{{$A}}": 0, "1": 0}}]])
def test_keys_that_become_equal_are_refused(tree: Any) -> None:
    with pytest.raises(KeysCollide):
        resolve_json(tree, {"A": "1", "B": "1"})


@given(tree=TREES)
def test_json_without_references_comes_back_equal(tree: Any) -> None:
    plain = json.loads(json.dumps(tree).replace("$", "§"))
    assert resolve_json(plain, {}) == plain


@given(texts=st.lists(TEXTS, max_size=6))
def test_json_is_resolved_string_by_string(texts: list[str]) -> None:
    values = dict.fromkeys(names_in(texts), "{{$A}}")
    assert resolve_json([texts, {"x": texts}], values) == [
        [resolve(text, values) for text in texts],
        {"x": [resolve(text, values) for text in texts]},
    ]


@pytest.mark.parametrize("tree", [(), b"x", {1: "x"}, {"x": object()}, {("a",): 1}, [{"x": {1, 2}}]])
def test_a_tree_that_is_not_json_is_refused(tree: Any) -> None:
    with pytest.raises(TypeError, match="This is not JSON"):
        resolve_json(tree, VALUES)


def nested(depth: int) -> Any:
    tree: Any = "{{$A}}"
    for number in range(depth):
        tree = [tree] if number % 2 else {"x": tree}
    return tree


def test_the_depth_is_limited() -> None:
    assert resolve_json(nested(MAX_DEPTH), VALUES)
    with pytest.raises(TooLarge):
        resolve_json(nested(MAX_DEPTH + 1), VALUES)
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TooLarge):
        resolve_json(loop, VALUES)


# Headers


def test_header_values_are_resolved_and_names_are_not() -> None:
    headers = {"Authorization": "Bearer {{$GITHUB_TOKEN}}", "X-{{$A}}": "{{$$A}}"}
    assert resolve_headers(headers, VALUES) == {"Authorization": "Bearer ghp_x", "X-{{$A}}": "{{$A}}"}


@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", "\0"])
def test_a_line_break_in_a_value_for_a_header_is_refused(character: str) -> None:
    value = f"{CANARY}{character}X-Admin: 1"
    with pytest.raises(UnfitForHeaders) as error:
        resolve_headers(
            {"X-Key": "{{$KEY}} {{$A}}", "X-Two": "{{$B}}"}, {"KEY": value, "A": "1", "B": value, "C": value}
        )
    assert error.value.names == ["B", "KEY"]
    assert CANARY not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("headers", [{"X-Key": "a\nb"}, {"X-Key\n": "a"}, {"X-Key": "{{$$A}}\r"}])
def test_a_line_break_in_the_text_of_a_header_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UnfitForHeaders):
        resolve_headers(headers, VALUES)


def test_unknown_names_are_collected_from_all_headers() -> None:
    with pytest.raises(UnknownNames) as error:
        resolve_headers({"A": "{{$Y}}", "B": "{{$X}}"}, VALUES)
    assert error.value.names == ["X", "Y"]


# Size


def test_the_length_of_the_result_is_limited() -> None:
    value = "x" * 10_000
    enough = MAX_LENGTH // (len(value) + len("{{$A}}"))
    assert len(resolve("{{$A}}" * enough, {"A": value})) == enough * len(value)
    with pytest.raises(TooLarge):
        resolve("{{$A}}" * (enough + 1), {"A": value})
    with pytest.raises(TooLarge):
        resolve_json(["{{$A}}"] * (enough + 1), {"A": value})


@pytest.mark.parametrize(
    "piece", ["{", "{{", "{{$", "{{$$", "$", "{{$A", "A", "{{$" + "A" * 128, "{{$A}", "}}", "{{$A_{{$"]
)
@pytest.mark.parametrize("size", [1_000, 100_000, 4_000_000])
def test_near_misses_take_linear_time(piece: str, size: int) -> None:
    """With quadratic time, 4,000,000 characters would take hours."""
    text = (piece * (size // len(piece)))[:size]
    assert resolve(text, {}) == text


@pytest.mark.parametrize("error", [UnknownNames, UnfitForHeaders, TooLarge, KeysCollide])
def test_all_errors_have_one_base_class(error: type[Exception]) -> None:
    assert issubclass(error, UnresolvedReferences)
    assert issubclass(references.UnresolvedReferences, ValueError)
