"""Work on the sessions of cosmic-ray, for `.ci/mutation`: choose the mutants and collect the results.

mutants.py choose SESSION          leave out mutants that no test can notice
mutants.py split SESSION HALF…     distribute the mutants to other sessions
mutants.py gather SESSION HALF…    collect their results
"""

from __future__ import annotations

import ast
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

TABLES = ("work_results", "mutation_specs", "work_items")

# Mutants without a visible effect: the operator, the beginning of the line, and above it the reason.
EQUIVALENT = [
    # These imports serve annotations only.
    ("AddNot", "if TYPE_CHECKING:"),
    # Two booleans are equal if and only if they are the same object.
    ("ReplaceComparisonOperator_Eq_Is", "if (self.user_id is None) == (self.project_id is None):"),
    # The two sides of each exclude each other, so "or" and "exclusive or" are the same. (In `projects.models` they
    # do not, so BitXor stays there.)
    ("ReplaceBinaryOperator_BitOr_BitXor", "budget = Q(max_uses=None) | "),
    ("ReplaceBinaryOperator_BitOr_BitXor", "token_lives = Q(service_token__expires_at=None) | "),
    ("ReplaceBinaryOperator_BitOr_BitXor", "return self.open().filter(Q(service_token=None) | "),
    ("ReplaceBinaryOperator_BitOr_BitXor", "still = models.Q(expires_at=None) | "),
    ("ReplaceBinaryOperator_BitOr_BitXor", "return self.filter(Q(user=actor.user) | shared)"),
    ("ReplaceBinaryOperator_BitOr_BitXor", "Q(own__role=None) | Q(own__role__in=lower_roles)"),
]

Position = tuple[int, int]


def out_of_reach(path: Path) -> Iterator[tuple[Position, Position]]:
    """Yield the ranges that are not evaluated, or that other checks cover: signatures, annotations, model fields."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield _begin(node), _begin(node.body[0])
        elif isinstance(node, ast.AnnAssign):
            yield _begin(node.annotation), _end(node.annotation)
        elif "models" in path.parts and isinstance(node, ast.Module | ast.ClassDef):
            yield from (
                (_begin(each), _end(each)) for each in node.body if isinstance(each, ast.Assign | ast.AnnAssign)
            )


def _begin(node: ast.stmt | ast.expr) -> Position:
    return node.lineno, node.col_offset


def _end(node: ast.stmt | ast.expr) -> Position:
    return node.end_lineno or 0, node.end_col_offset or 0


def choose(session: sqlite3.Connection) -> None:
    # The filter of operators gives its mutants a result, which the reports would count as noticed.
    out = [job for (job,) in session.execute("SELECT job_id FROM work_results")]
    columns = "job_id, module_path, operator_name, start_pos_row, start_pos_col"
    for job, name, operator, row, column in session.execute(f"SELECT {columns} FROM mutation_specs").fetchall():  # noqa: S608
        path = Path(name)
        line = path.read_text().splitlines()[row - 1].strip()
        is_equivalent = any(operator == f"core/{each}" and line.startswith(text) for each, text in EQUIVALENT)
        if is_equivalent or any(begin <= (row, column) < end for begin, end in out_of_reach(path)):
            out.append(job)
    for table in TABLES:
        session.executemany(f"DELETE FROM {table} WHERE job_id = ?", [(job,) for job in out])  # noqa: S608
    print(*_count(session), "mutants")  # noqa: T201


def _count(session: sqlite3.Connection) -> tuple[int]:
    found: tuple[int] = session.execute("SELECT count(*) FROM work_items").fetchone()
    return found


def split(session: sqlite3.Connection, name: str, halves: list[str]) -> None:
    jobs = session.execute("SELECT job_id FROM mutation_specs ORDER BY module_path, start_pos_row, job_id").fetchall()
    for number, half in enumerate(halves):
        shutil.copy(name, half)
        others = [job for place, job in enumerate(jobs) if place % len(halves) != number]
        with sqlite3.connect(half) as other:
            for table in TABLES:
                other.executemany(f"DELETE FROM {table} WHERE job_id = ?", others)  # noqa: S608


def gather(session: sqlite3.Connection, halves: list[str]) -> None:
    for half in halves:
        with sqlite3.connect(half) as other:
            rows = other.execute("SELECT job_id, worker_outcome, output, test_outcome, diff FROM work_results")
            columns = "(job_id, worker_outcome, output, test_outcome, diff)"
            session.executemany(f"INSERT OR REPLACE INTO work_results {columns} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608
    # A mutant that timed out or was not tested counts as not noticed.
    session.execute(
        "UPDATE work_results SET test_outcome = 'SURVIVED'"
        " WHERE output = 'timeout' OR test_outcome IS NULL OR test_outcome = 'INCOMPETENT'"
    )
    noticed = "SELECT count(*) FROM work_results WHERE test_outcome = 'KILLED'"
    print(*session.execute(noticed).fetchone(), "noticed of", *_count(session))  # noqa: T201


if __name__ == "__main__":
    command, name, *halves = sys.argv[1:]
    with sqlite3.connect(name) as session:
        if command == "choose":
            choose(session)
        elif command == "split":
            split(session, name, halves)
        else:
            gather(session, halves)
