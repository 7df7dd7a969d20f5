"""The table of what a task sees of one name, X. `test_selection.py` checks the rule and the API against it.

task       personal, or in a project
role       the grantor's role in that project
personal   the grantor's personal secret X, "-" if there is none, or any of these words: plain, default (available by
           default), expired, quarantined (created by a task, and quarantined), made (created by a task, and neither
           quarantined nor promoted), risky (in quarantine for its name)
project    the project's secret X, in the same words
asks       what the task selects: nothing in particular, an empty list, or names; "only" is `include_default: false`
remembers  the owners whose X the thread selected before
sees       the owner whose X the task gets, and why
left out   the owner whose X it does not get, and why
refused    the code of the error, if no grant is created
"""

from __future__ import annotations

from typing import NamedTuple

TABLE = """
task    | role     | personal            | project             | asks            | remembers        | sees                | left out                                 | refused

own     | -        | -                   | -                   | nothing         | -                | -                   | -                                        | -
own     | -        | plain               | -                   | nothing         | -                | -                   | -                                        | -
own     | -        | default             | -                   | nothing         | -                | personal default    | -                                        | -
own     | -        | plain               | -                   | empty           | -                | -                   | -                                        | -
own     | -        | default             | -                   | empty           | -                | personal default    | -                                        | -
own     | -        | default             | -                   | only            | -                | -                   | -                                        | -
own     | -        | default             | -                   | only empty      | -                | -                   | -                                        | -
own     | -        | default             | -                   | only X          | -                | personal selected   | -                                        | -
own     | -        | plain               | -                   | X               | -                | personal selected   | -                                        | -
own     | -        | plain               | -                   | personal:X      | -                | personal selected   | -                                        | -
own     | -        | plain               | -                   | X personal:X X  | -                | personal selected   | -                                        | -
own     | -        | default             | -                   | X               | -                | personal selected   | -                                        | -
own     | -        | -                   | -                   | X               | -                | -                   | -                                        | unknown_secrets
own     | -        | -                   | -                   | personal:X      | -                | -                   | -                                        | unknown_secrets
own     | -        | -                   | default             | nothing         | -                | -                   | -                                        | -
own     | -        | -                   | default             | X               | -                | -                   | -                                        | unknown_secrets
own     | -        | default             | default             | nothing         | -                | personal default    | -                                        | -
own     | -        | expired             | -                   | nothing         | -                | -                   | -                                        | -
own     | -        | expired default     | -                   | nothing         | -                | -                   | personal expired                         | -
own     | -        | expired             | -                   | X               | -                | -                   | personal expired                         | -
own     | -        | quarantined         | -                   | nothing         | -                | -                   | -                                        | -
own     | -        | quarantined default | -                   | nothing         | -                | -                   | personal quarantined                     | -
own     | -        | quarantined         | -                   | X               | -                | -                   | personal quarantined                     | -
own     | -        | quarantined expired | -                   | personal:X      | -                | -                   | personal quarantined                     | -
own     | -        | made default        | -                   | nothing         | -                | personal default    | -                                        | -
own     | -        | plain               | -                   | nothing         | personal         | personal remembered | -                                        | -
own     | -        | default             | -                   | nothing         | personal         | personal default    | -                                        | -
own     | -        | plain               | -                   | only empty      | personal         | personal remembered | -                                        | -
own     | -        | plain               | -                   | X               | personal         | personal selected   | -                                        | -
own     | -        | -                   | -                   | nothing         | personal         | -                   | -                                        | -
own     | -        | expired             | -                   | nothing         | personal         | -                   | personal expired                         | -
own     | -        | quarantined         | -                   | nothing         | personal         | -                   | personal quarantined                     | -

project | member   | -                   | plain               | nothing         | -                | -                   | -                                        | -
project | member   | -                   | default             | nothing         | -                | project default     | -                                        | -
project | admin    | -                   | default             | nothing         | -                | project default     | -                                        | -
project | viewer   | -                   | default             | nothing         | -                | -                   | -                                        | role_too_low
project | viewer   | default             | -                   | personal:X      | -                | -                   | -                                        | role_too_low
project | exmember | default             | default             | nothing         | -                | -                   | -                                        | membership_required
project | stranger | default             | -                   | nothing         | -                | -                   | -                                        | membership_required
project | member   | -                   | default             | only            | -                | -                   | -                                        | -
project | member   | -                   | plain               | X               | -                | project selected    | -                                        | -
project | member   | -                   | default             | only X          | -                | project selected    | -                                        | -
project | member   | -                   | plain               | personal:X      | -                | -                   | -                                        | unknown_secrets
project | member   | -                   | -                   | X               | -                | -                   | -                                        | unknown_secrets
project | member   | default             | -                   | nothing         | -                | personal default    | -                                        | -
project | member   | plain               | -                   | nothing         | -                | -                   | -                                        | -
project | member   | plain               | -                   | X               | -                | personal selected   | -                                        | -
project | member   | plain               | -                   | personal:X      | -                | personal selected   | -                                        | -
project | member   | default             | default             | nothing         | -                | project default     | personal shadowed                        | -
project | member   | default             | plain               | nothing         | -                | -                   | personal shadowed                        | -
project | member   | plain               | default             | nothing         | -                | project default     | personal shadowed                        | -
project | member   | plain               | plain               | nothing         | -                | -                   | -                                        | -
project | member   | plain               | plain               | X               | -                | project selected    | personal shadowed                        | -
project | member   | default             | default             | only X          | -                | project selected    | personal shadowed                        | -
project | member   | plain               | plain               | personal:X      | -                | personal selected   | project shadowed                         | -
project | member   | plain               | default             | personal:X      | -                | personal selected   | project shadowed                         | -
project | member   | plain               | plain               | X personal:X    | -                | personal selected   | project shadowed                         | -
project | member   | -                   | expired default     | nothing         | -                | -                   | project expired                          | -
project | member   | -                   | expired             | X               | -                | -                   | project expired                          | -
project | member   | default             | expired default     | nothing         | -                | -                   | personal shadowed, project expired       | -
project | member   | plain               | expired             | X               | -                | -                   | personal shadowed, project expired       | -
project | member   | expired             | default             | personal:X      | -                | -                   | personal expired, project shadowed       | -
project | member   | expired default     | default             | nothing         | -                | project default     | personal shadowed                        | -
project | member   | -                   | quarantined         | nothing         | -                | -                   | -                                        | -
project | member   | -                   | quarantined default | nothing         | -                | -                   | project quarantined                      | -
project | admin    | -                   | quarantined         | X               | -                | -                   | project quarantined                      | -
project | member   | plain               | quarantined         | X               | -                | personal selected   | project quarantined                      | -
project | member   | default             | quarantined default | nothing         | -                | personal default    | project quarantined                      | -
project | member   | default             | quarantined         | nothing         | -                | personal default    | -                                        | -
project | member   | quarantined         | default             | personal:X      | -                | project default     | personal quarantined                     | -
project | member   | quarantined         | quarantined         | X               | -                | -                   | personal quarantined, project quarantined | -
project | member   | -                   | made default        | nothing         | -                | project default     | -                                        | -
project | member   | default             | made default        | nothing         | -                | personal default    | project shadowed                         | -
project | member   | plain               | made                | X               | -                | personal selected   | project shadowed                         | -
project | member   | plain               | made default        | nothing         | -                | -                   | project shadowed                         | -
project | member   | made default        | plain               | X               | -                | project selected    | personal shadowed                        | -
project | member   | made                | made                | X               | -                | project selected    | personal shadowed                        | -
project | member   | -                   | plain               | nothing         | project          | project remembered  | -                                        | -
project | member   | plain               | -                   | nothing         | personal         | personal remembered | -                                        | -
project | member   | plain               | plain               | nothing         | personal         | personal remembered | project shadowed                         | -
project | member   | plain               | default             | nothing         | personal         | personal remembered | project shadowed                         | -
project | member   | plain               | plain               | nothing         | project          | project remembered  | personal shadowed                        | -
project | member   | plain               | plain               | nothing         | personal project | project remembered  | personal shadowed                        | -
project | member   | plain               | plain               | X               | personal         | project selected    | personal shadowed                        | -
project | member   | plain               | plain               | personal:X      | project          | personal selected   | project shadowed                         | -
project | member   | plain               | -                   | nothing         | project          | -                   | -                                        | -
project | member   | -                   | plain               | nothing         | personal         | -                   | -                                        | -
project | member   | -                   | expired             | nothing         | project          | -                   | project expired                          | -
project | member   | -                   | quarantined         | nothing         | project          | -                   | project quarantined                      | -
project | member   | -                   | risky               | nothing         | -                | -                   | -                                        | -
project | member   | -                   | risky default       | nothing         | -                | -                   | project risky_name                       | -
project | admin    | -                   | risky default       | nothing         | -                | -                   | project risky_name                       | -
project | member   | -                   | risky default       | empty           | -                | -                   | project risky_name                       | -
project | member   | -                   | risky default       | only            | -                | -                   | -                                        | -
project | member   | -                   | risky               | X               | -                | project selected    | -                                        | -
project | member   | -                   | risky default       | X               | -                | project selected    | -                                        | -
project | member   | -                   | risky default       | only X          | -                | project selected    | -                                        | -
project | member   | -                   | risky               | personal:X      | -                | -                   | -                                        | unknown_secrets
project | member   | -                   | risky expired default | nothing       | -                | -                   | project risky_name                       | -
project | member   | -                   | risky expired       | X               | -                | -                   | project expired                          | -
project | member   | -                   | risky default       | nothing         | project          | project remembered  | -                                        | -
project | member   | default             | risky default       | nothing         | -                | personal default    | project risky_name                       | -
project | member   | plain               | risky default       | nothing         | -                | -                   | project risky_name                       | -
project | member   | default             | risky               | nothing         | -                | personal default    | project shadowed                         | -
project | member   | plain               | risky default       | X               | -                | personal selected   | project shadowed                         | -
project | member   | plain               | risky default       | personal:X      | -                | personal selected   | project risky_name                       | -
project | member   | quarantined         | risky default       | X               | -                | project selected    | personal quarantined                     | -
project | viewer   | -                   | plain               | nothing         | project          | -                   | -                                        | role_too_low
"""  # noqa: E501  (a table is read across)


class Case(NamedTuple):
    task: str
    role: str
    personal: str
    project: str
    asks: str
    remembers: str
    sees: str
    left_out: str
    refused: str

    def __str__(self) -> str:
        seen = self.refused if self.refused != "-" else self.sees
        return (
            f"{self.task} {self.role}: {self.personal} / {self.project}, asks {self.asks}, "
            f"remembers {self.remembers}: {seen}, without {self.left_out}"
        )

    @property
    def include_default(self) -> bool:
        return "only" not in self.asks

    @property
    def names(self) -> list[str] | None:
        """The list `secrets` of the request."""
        listed = [word for word in self.asks.split() if word.endswith("X")]
        return listed or ([] if "empty" in self.asks else None)

    @property
    def omitted(self) -> list[str]:
        return [] if self.left_out == "-" else self.left_out.split(", ")

    @property
    def given(self) -> list[str]:
        return [] if self.sees == "-" else [self.sees]


def cases() -> list[Case]:
    """The table, line by line."""
    _, *lines = [line.split("|") for line in TABLE.splitlines() if line]
    return [Case(*(cell.strip() for cell in line)) for line in lines]
