"""Who gets which answer: every route, every method, every actor. This file is data; `test_table.py` tries each cell.

The actors: `anon` sends no token and `inactive` one from before his account was closed; `stranger` belongs to nothing,
`exmember` belonged to the project until a moment ago, `staff` and `superuser` carry Django's flags and belong to
nothing; `viewer`, `member` and `admin` belong to the project in these roles. What a line is about, its path, query and
body, is in `requests.py` under the same words. "his own" is the actor's, "member's" is the personal one of `member`.
Methods that a route does not take are listed once, with the first thing that the route is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

TABLE = """
route                  | about               | methods                | anon inactive stranger exmember staff superuser viewer member admin

token                  | his own password    | POST                   | 401  401      200      200      200   200       200    200    200
token                  | his own password    | GET HEAD PUT           | 405  405      405      405      405   405       405    405    405
token                  | his own password    | PATCH DELETE           | 405  405      405      405      405   405       405    405    405
token                  | his own password    | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
token-refresh          | his own token       | POST                   | 401  401      200      200      200   200       200    200    200
token-refresh          | his own token       | GET HEAD PUT           | 405  405      405      405      405   405       405    405    405
token-refresh          | his own token       | PATCH DELETE           | 405  405      405      405      405   405       405    405    405
token-refresh          | his own token       | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
token-revoke           | his own token       | POST                   | 401  401      204      204      204   204       204    204    204
token-revoke           | his own token       | GET HEAD PUT           | 405  405      405      405      405   405       405    405    405
token-revoke           | his own token       | PATCH DELETE           | 405  405      405      405      405   405       405    405    405
token-revoke           | his own token       | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
sign-out-everywhere    | himself             | POST                   | 401  401      204      204      204   204       204    204    204
sign-out-everywhere    | himself             | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
sign-out-everywhere    | himself             | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
sign-out-everywhere    | himself             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405

projects               | his own             | GET HEAD               | 401  401      200      200      200   200       200    200    200
projects               | his own             | POST                   | 401  401      201      201      201   201       201    201    201
projects               | an id that is taken | POST                   | 401  401      409      409      409   409       409    409    409
projects               | his own             | PUT PATCH DELETE       | 401  401      405      405      405   405       405    405    405
projects               | his own             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
project                | the project         | GET HEAD               | 401  401      404      404      404   404       200    200    200
project                | the project         | PATCH                  | 401  401      404      404      404   404       403    403    200
project                | the project         | DELETE                 | 401  401      404      404      404   404       403    403    204
project                | the project         | POST PUT OPTIONS TRACE | 401  401      405      405      405   405       405    405    405
project                | another project     | GET HEAD PATCH DELETE  | 401  401      404      404      404   404       404    404    404
project                | no project          | GET HEAD PATCH DELETE  | 401  401      404      404      404   404       404    404    404
members                | the project         | GET HEAD               | 401  401      404      404      404   404       200    200    200
members                | the project         | POST                   | 401  401      404      404      404   404       403    403    201
members                | the project         | PUT PATCH DELETE       | 401  401      405      405      405   405       405    405    405
members                | the project         | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
members                | another project     | GET HEAD POST          | 401  401      404      404      404   404       404    404    404
members                | no project          | GET HEAD POST          | 401  401      404      404      404   404       404    404    404
member                 | a colleague         | PATCH                  | 401  401      404      404      404   404       403    403    200
member                 | a colleague         | DELETE                 | 401  401      404      404      404   404       403    403    204
member                 | a colleague         | GET HEAD POST PUT      | 401  401      405      405      405   405       405    405    405
member                 | a colleague         | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
member                 | himself             | PATCH                  | 401  401      404      404      404   404       403    403    409
member                 | himself             | DELETE                 | 401  401      404      404      404   404       204    204    409
member                 | nobody of it        | PATCH DELETE           | 401  401      404      404      404   404       403    403    404
member                 | another project's   | PATCH DELETE           | 401  401      404      404      404   404       404    404    404
project-transfer       | the project         | POST                   | 401  401      404      404      404   404       403    403    200
project-transfer       | the project         | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
project-transfer       | the project         | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
project-transfer       | the project         | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
project-transfer       | another project     | POST                   | 401  401      404      404      404   404       404    404    404
project-transfer       | no project          | POST                   | 401  401      404      404      404   404       404    404    404
project-invitations    | the project         | GET HEAD               | 401  401      404      404      404   404       403    403    200
project-invitations    | the project         | POST                   | 401  401      404      404      404   404       403    403    201
project-invitations    | the project         | PUT PATCH DELETE       | 401  401      405      405      405   405       405    405    405
project-invitations    | the project         | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
project-invitations    | another project     | GET HEAD POST          | 401  401      404      404      404   404       404    404    404
project-invitations    | no project          | GET HEAD POST          | 401  401      404      404      404   404       404    404    404
project-invitation     | the project's       | DELETE                 | 401  401      404      404      404   404       403    403    204
project-invitation     | the project's       | GET HEAD POST PUT      | 401  401      405      405      405   405       405    405    405
project-invitation     | the project's       | PATCH                  | 401  401      405      405      405   405       405    405    405
project-invitation     | the project's       | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
project-invitation     | another project's   | DELETE                 | 401  401      404      404      404   404       403    403    404
invitation-accept      | to him              | POST                   | 401  401      200      200      200   200       200    200    200
invitation-accept      | to him              | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
invitation-accept      | to him              | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
invitation-accept      | to him              | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
invitation-accept      | to another          | POST                   | 401  401      404      404      404   404       404    404    404
invitation-accept      | unknown             | POST                   | 401  401      404      404      404   404       404    404    404
invitation-decline     | to him              | POST                   | 401  401      204      204      204   204       204    204    204
invitation-decline     | to him              | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
invitation-decline     | to him              | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
invitation-decline     | to him              | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
invitation-decline     | to another          | POST                   | 401  401      404      404      404   404       404    404    404
invitation-decline     | unknown             | POST                   | 401  401      404      404      404   404       404    404    404

secrets                | his own             | GET HEAD               | 401  401      200      200      200   200       200    200    200
secrets                | his own             | POST                   | 401  401      201      201      201   201       201    201    201
secrets                | his own             | PUT PATCH DELETE       | 401  401      405      405      405   405       405    405    405
secrets                | his own             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
secrets                | the project's       | GET HEAD               | 401  401      403      403      403   403       200    200    200
secrets                | the project's       | POST                   | 401  401      403      403      403   403       403    201    201
secrets                | another project's   | GET HEAD POST          | 401  401      403      403      403   403       403    403    403
secrets                | no project's        | GET HEAD POST          | 401  401      403      403      403   403       403    403    403
secrets-batch          | his own             | POST                   | 401  401      201      201      201   201       201    201    201
secrets-batch          | his own             | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
secrets-batch          | his own             | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
secrets-batch          | his own             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
secrets-batch          | the project's       | POST                   | 401  401      403      403      403   403       403    201    201
secrets-batch          | one foreign item    | POST                   | 401  401      403      403      403   403       403    403    403
secret                 | the project's       | GET HEAD               | 401  401      404      404      404   404       200    200    200
secret                 | the project's       | PATCH                  | 401  401      404      404      404   404       403    200    200
secret                 | the project's       | DELETE                 | 401  401      404      404      404   404       403    204    204
secret                 | the project's       | POST PUT OPTIONS TRACE | 401  401      405      405      405   405       405    405    405
secret                 | member's            | GET HEAD PATCH         | 401  401      404      404      404   404       404    200    404
secret                 | member's            | DELETE                 | 401  401      404      404      404   404       404    204    404
secret                 | exmember's          | GET HEAD PATCH         | 401  401      404      200      404   404       404    404    404
secret                 | exmember's          | DELETE                 | 401  401      404      204      404   404       404    404    404
secret                 | another project's   | GET HEAD PATCH DELETE  | 401  401      404      404      404   404       404    404    404
secret                 | no project's        | GET HEAD PATCH DELETE  | 401  401      404      404      404   404       404    404    404
secret-versions        | the project's       | GET HEAD               | 401  401      404      404      404   404       200    200    200
secret-versions        | the project's       | POST PUT PATCH DELETE  | 401  401      405      405      405   405       405    405    405
secret-versions        | the project's       | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
secret-versions        | member's            | GET HEAD               | 401  401      404      404      404   404       404    200    404
secret-versions        | another project's   | GET HEAD               | 401  401      404      404      404   404       404    404    404
secret-version-restore | the project's       | POST                   | 401  401      404      404      404   404       403    200    200
secret-version-restore | the project's       | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
secret-version-restore | the project's       | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
secret-version-restore | the project's       | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
secret-version-restore | member's            | POST                   | 401  401      404      404      404   404       404    200    404
secret-version-restore | another project's   | POST                   | 401  401      404      404      404   404       404    404    404
service-tokens         | his own             | GET HEAD               | 401  401      200      200      200   200       200    200    200
service-tokens         | his own             | POST                   | 401  401      201      201      201   201       201    201    201
service-tokens         | his own             | PUT PATCH DELETE       | 401  401      405      405      405   405       405    405    405
service-tokens         | his own             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
service-tokens         | of the project      | POST                   | 401  401      403      403      403   403       201    201    201
service-tokens         | of another project  | POST                   | 401  401      403      403      403   403       403    403    403
service-tokens         | of no project       | POST                   | 401  401      403      403      403   403       403    403    403
service-token          | member's            | DELETE                 | 401  401      404      404      404   404       404    204    404
service-token          | member's            | GET HEAD POST PUT      | 401  401      405      405      405   405       405    405    405
service-token          | member's            | PATCH OPTIONS TRACE    | 401  401      405      405      405   405       405    405    405
service-token          | no token            | DELETE                 | 401  401      404      404      404   404       404    404    404

task-grants            | his own             | GET HEAD               | 401  401      200      200      200   200       200    200    200
task-grants            | his own             | POST                   | 401  401      201      201      201   201       201    201    201
task-grants            | the project's       | POST                   | 401  401      403      403      403   403       403    201    201
task-grants            | another project's   | POST                   | 401  401      403      403      403   403       403    403    403
task-grants            | no project's        | POST                   | 401  401      403      403      403   403       403    403    403
task-grants            | his own             | PUT PATCH DELETE       | 401  401      405      405      405   405       405    405    405
task-grants            | his own             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
task-grant-explain     | his own             | POST                   | 401  401      200      200      200   200       200    200    200
task-grant-explain     | the project's       | POST                   | 401  401      403      403      403   403       403    200    200
task-grant-explain     | another project's   | POST                   | 401  401      403      403      403   403       403    403    403
task-grant-explain     | no project's        | POST                   | 401  401      403      403      403   403       403    403    403
task-grant-explain     | his own             | GET HEAD PUT           | 401  401      405      405      405   405       405    405    405
task-grant-explain     | his own             | PATCH DELETE           | 401  401      405      405      405   405       405    405    405
task-grant-explain     | his own             | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
task-grant             | member's            | GET HEAD               | 401  401      404      404      404   404       404    200    404
task-grant             | member's            | DELETE                 | 401  401      404      404      404   404       404    204    404
task-grant             | member's            | POST PUT PATCH         | 401  401      405      405      405   405       405    405    405
task-grant             | member's            | OPTIONS TRACE          | 401  401      405      405      405   405       405    405    405
task-grant             | nobody's            | GET HEAD DELETE        | 401  401      404      404      404   404       404    404    404

openapi                | everybody           | GET HEAD               | 200  200      200      200      200   200       200    200    200
openapi                | everybody           | POST PUT PATCH DELETE  | 405  405      405      405      405   405       405    405    405
openapi                | everybody           | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
docs                   | everybody           | GET HEAD               | 200  200      200      200      200   200       200    200    200
docs                   | everybody           | POST PUT PATCH DELETE  | 405  405      405      405      405   405       405    405    405
docs                   | everybody           | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
livez                  | everybody           | GET HEAD               | 200  200      200      200      200   200       200    200    200
livez                  | everybody           | POST PUT PATCH DELETE  | 405  405      405      405      405   405       405    405    405
livez                  | everybody           | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
readyz                 | everybody           | GET HEAD               | 200  200      200      200      200   200       200    200    200
readyz                 | everybody           | POST PUT PATCH DELETE  | 405  405      405      405      405   405       405    405    405
readyz                 | everybody           | OPTIONS TRACE          | 405  405      405      405      405   405       405    405    405
metrics                | everybody           | GET HEAD               | 404  404      404      404      404   404       404    404    404
metrics                | everybody           | POST PUT PATCH DELETE  | 404  404      404      404      404   404       404    404    404
metrics                | everybody           | OPTIONS TRACE          | 404  404      404      404      404   404       404    404    404
"""  # noqa: E501  (a table is read across)


class Cell(NamedTuple):
    """One request of one actor and the status of its answer."""

    route: str
    about: str
    method: str
    actor: str
    status: int

    def __str__(self) -> str:
        return f"{self.method} {self.route} ({self.about}) by {self.actor} is {self.status}"


def cells() -> Iterator[Cell]:
    """The table, cell by cell."""
    header, *lines = [line.split("|") for line in TABLE.splitlines() if line]
    actors = header[-1].split()
    for route, about, methods, statuses in lines:
        for method in methods.split():
            for actor, status in zip(actors, statuses.split(), strict=True):
                yield Cell(route.strip(), about.strip(), method, actor, int(status))
