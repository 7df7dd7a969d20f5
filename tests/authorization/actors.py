"""Who asks: people who have signed in, their service tokens, their tasks; and what has ended each of them.

Every actor has their own user. `role` is theirs in the project, `elsewhere` theirs in another project; "left" is one
whose membership was taken away a moment ago. A token has `scopes`, and may be confined to one of the two projects.
What is `ended` by something must not be let in, though all else about it is right.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_app.models.task_grant import TaskScope
from secrets_app.models.token import TokenScope

ACTORS = """
actor             | credential | role   | elsewhere | scopes         | confined to     | ended by

anon              | none       |        |           |                |                 |
stranger          | session    |        |           |                |                 |
exmember          | session    | left   |           |                |                 |
staff             | session    |        |           |                |                 |
superuser         | session    |        |           |                |                 |
viewer            | session    | viewer |           |                |                 |
member            | session    | member |           |                |                 |
admin             | session    | admin  |           |                |                 |
both              | session    | admin  | admin     |                |                 |
signed-out        | session    | admin  |           |                |                 | sign-out
overdue           | session    | admin  |           |                |                 | time
new-password      | session    | admin  |           |                |                 | a new password
inactive          | session    | admin  |           |                |                 | deactivation
deleted           | session    | admin  |           |                |                 | deletion

viewer-token      | service    | viewer |           | all            |                 |
member-token      | service    | member |           | all            |                 |
admin-token       | service    | admin  | admin     | all            |                 |
exmember-token    | service    | left   |           | all            |                 |
superuser-token   | service    |        |           | all            |                 |
secret-reader     | service    | admin  |           | secrets:read   |                 |
secret-writer     | service    | admin  |           | secrets:write  |                 |
project-reader    | service    | admin  |           | projects:read  |                 |
project-writer    | service    | admin  |           | projects:write |                 |
runtime-user      | service    | admin  |           | runtime:use    |                 |
confined          | service    | admin  | admin     | all            | the project     |
confined-away     | service    | admin  | admin     | all            | another project |
confined-exmember | service    | left   |           | all            | the project     | leaving
revoked-token     | service    | admin  |           | all            |                 | revocation
overdue-token     | service    | admin  |           | all            |                 | time
inactive-token    | service    | admin  |           | all            |                 | deactivation

member-task       | task       | member |           | all            | the project     |
admin-task        | task       | admin  |           | all            | the project     |
viewer-task       | task       | viewer |           | all            | the project     |
exmember-task     | task       | left   |           | all            | the project     | leaving
reading-task      | task       | member |           |                | the project     |
revoked-task      | task       | member |           | all            | the project     | revocation
overdue-task      | task       | member |           | all            | the project     | time
spent-task        | task       | member |           | all            | the project     | its last use
inactive-task     | task       | member |           | all            | the project     | deactivation
"""

SCOPES_OF_ALL = {"service": list(TokenScope.values), "task": list(TaskScope.values)}


@dataclass(frozen=True)
class Actor:
    name: str
    credential: str
    role: str
    elsewhere: str
    scopes: tuple[str, ...]
    confined_to: str
    ended_by: str

    def __str__(self) -> str:
        return self.name

    @property
    def allowed(self) -> tuple[str, ...]:
        """Their scopes in the words of the permission tables."""
        return (
            ("task:environment", *(f"task:{scope}" for scope in self.scopes))
            if self.credential == "task"
            else self.scopes
        )

    def role_in(self, place: str) -> str | None:
        """Return their role in what `whose` of the table names; everybody is a viewer in what the team shares."""
        own = {"the project": self.role, "another project": self.elsewhere}
        role = (own | {"own project": "admin", "the team": "viewer"}).get(place, "")
        return role if role not in ("", "left") else None


def _actor(line: str) -> Actor:
    name, credential, role, elsewhere, scopes, confined_to, ended_by = (part.strip() for part in line.split("|"))
    given = SCOPES_OF_ALL[credential] if scopes == "all" else scopes.split()
    return Actor(name, credential, role, elsewhere, tuple(given), confined_to, ended_by)


EVERYBODY = [_actor(line) for line in ACTORS.split("\n")[2:] if line]
