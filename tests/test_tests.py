"""How the tests themselves are written and found: CONTRIBUTING.md, "Tests"."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import EACH_TIME_ON_SQLITE

FOLDER = Path(__file__).resolve().parent
FILES = sorted(FOLDER.rglob("test_*.py"))
# Stand-ins defined inside of a test may decide something.
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Return each test function, those in classes too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def statements_of(node: ast.AST) -> Iterator[ast.AST]:
    """Return what is below `node`, without what is inside of further definitions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, DEFINITIONS):
            yield child
            yield from statements_of(child)


def branches(source: str) -> list[str]:
    """Return the names of the tests in which an `if` or a `match` chooses what is checked."""
    return [
        test.name
        for test in functions_of(ast.parse(source))
        if any(isinstance(node, ast.If | ast.Match) for node in statements_of(test))
    ]


def test_no_test_chooses_what_it_checks() -> None:
    found = {str(file.relative_to(FOLDER)): branches(file.read_text(encoding="utf-8")) for file in FILES}
    assert {file: names for file, names in found.items() if names} == {}, "make what varies a parameter"


def test_a_planted_branch_is_found() -> None:
    planted = """
class TestSomething:
    def test_in_a_class(self, german):
        for each in range(2):
            if german:
                assert each

def test_with_a_stand_in():
    def stand_in(value):
        if value:
            return 1
    assert stand_in(1) == 1
"""
    assert branches(planted) == ["test_in_a_class"]


def test_the_mutation_run_names_what_exists() -> None:
    """A file that is not there fails with nothing broken too, and then notices no mutant."""
    folder = FOLDER.parent / ".ci"
    asked = (folder / "mutation-tests").read_text(encoding="utf-8")
    for name, value in re.findall(r"^(\w+)=(tests/\S+)$", asked, re.MULTILINE):
        asked = asked.replace(f"${name}", value)
    broken = tomllib.loads((folder / "mutation.toml").read_text(encoding="utf-8"))["cosmic-ray"]["module-path"]
    named = {*broken, *re.findall(r"tests/[\w/]+\.py", asked)}
    assert len(named) > len(broken)
    assert {name for name in named if not (FOLDER.parent / name).is_file()} == set()


def chance_cases(source: str) -> list[str]:
    """Return the calls in decorators that make names of cases differ between the processes that share the tests."""
    return [
        ast.unparse(node)
        for test in functions_of(ast.parse(source))
        for decorator in test.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("uuid4", "token_urlsafe", "token_hex")
    ]


def test_no_case_is_left_to_chance() -> None:
    found = {str(file.relative_to(FOLDER)): chance_cases(file.read_text(encoding="utf-8")) for file in FILES}
    assert {file: calls for file, calls in found.items() if calls} == {}, "give the case a fixed value"


def test_a_planted_case_of_chance_is_found() -> None:
    planted = """
@pytest.mark.parametrize("project", ["x", str(uuid.uuid4())])
def test_something(project):
    assert uuid4() != project
"""
    assert chance_cases(planted) == ["uuid.uuid4()"]


def test_what_runs_on_sqlite_each_time_exists() -> None:
    for place in EACH_TIME_ON_SQLITE:
        path, _, name = place.partition("::")
        found = FOLDER.parent / path
        assert found.is_dir() if path.endswith("/") else f" {name}" in found.read_text(encoding="utf-8"), place
