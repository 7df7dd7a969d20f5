"""What every route is about, and what it answers to who may. Who may is not said here: see `rules.py`.

`about`   the state of the object that is named; of several with `;` each is tried
`whose`   who belongs to it: `self` is the actor's own, `own project` one with only the actor as admin, `a colleague`
          somebody else's own, `the project` and `another project` those in which `actors.py` gives roles, `the team` a
          project shared with everyone on the site, `nobody` what is not there, `wherever` what is bound to no place
`unseen`  the answer to who does not belong to it: 404 where the address names it, 403 where query or body do; two of
          them where the address names the first of two places, and the body the second
answers   a permission in parentheses is asked besides the one that the view declares; HEAD is as GET; every other
          method is refused
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

TABLE = """
route                  | about                                         | whose                                         | unseen | answers to who may

token                  | password                                      | self                                          |        | POST 200
token-refresh          | refresh token                                 | self                                          |        | POST 200
token-revoke           | refresh token                                 | self                                          |        | POST 204
device-codes           | new                                           | self                                          |        | POST 200
device-token           | approved                                      | self                                          |        | POST 200
device-token           | declined; expired; never made                 | nobody                                        |        | POST 400
sign-out-everywhere    | sessions                                      | self                                          |        | POST 200
user                   | account                                       | self                                          |        | GET 200, PATCH 200
user-password          | password                                      | self                                          |        | POST 200
user-sessions          | sessions                                      | self                                          |        | GET 200, DELETE 204
user-session           | present                                       | self                                          | 404    | DELETE 204
user-session           | a colleague's; never made                     | nobody                                        | 404    | DELETE 404

projects               | new                                           | self                                          | 403    | GET 200, POST 201
projects               | an id that is taken                           | self                                          | 403    | POST 409
project                | present                                       | the project; another project; the team        | 404    | GET 200, PATCH 200, DELETE 204
project                | never made; deleted; shared when nothing is   | nobody                                        | 404    | GET 200, PATCH 200, DELETE 204
members                | new                                           | the project; another project; the team; nobody | 404   | GET 200, POST 201
members                | a member already                              | the project                                   | 404    | POST 409
member                 | a colleague                                   | the project; another project; the team; nobody | 404   | PATCH 200, DELETE 204 (members.manage)
member                 | self                                          | the project                                   | 404    | PATCH 200, DELETE 204
member                 | self                                          | own project                                   | 404    | PATCH 409, DELETE 409
member                 | no member; no user                            | the project                                   | 404    | PATCH 404, DELETE 404 (members.manage)
project-transfer       | a colleague                                   | the project; another project; the team; nobody | 404   | POST 200
project-transfer       | self                                          | the project                                   | 404    | POST 409
project-transfer       | no member; no user                            | the project                                   | 404    | POST 404
project-invitations    | new                                           | the project; another project; the team; nobody | 404   | GET 200, POST 201
project-invitation     | open; expired                                 | the project                                   | 404    | DELETE 204
project-invitation     | accepted; declined; revoked; another project's; never made | the project                      | 404    | DELETE 404
project-invitation     | open                                          | another project                               | 404    | DELETE 204
invitation-accept      | open                                          | self                                          | 403    | POST 200
invitation-accept      | into own project                              | self                                          | 403    | POST 409
invitation-accept      | accepted; declined; revoked; expired          | self                                          | 403    | POST 404
invitation-accept      | to a colleague; by an exmember; never made    | self                                          | 403    | POST 404
invitation-decline     | open; into own project; by an exmember        | self                                          | 403    | POST 204
invitation-decline     | accepted; declined; revoked; expired          | self                                          | 403    | POST 404
invitation-decline     | to a colleague; never made                    | self                                          | 403    | POST 404

secrets                | new                                           | self; the project; another project; the team; nobody    | 403 | GET 200, POST 201
secrets                | a name that is taken                          | self; the project                             | 403    | POST 409
secrets-batch          | new                                           | self; self + the project                      | 403    | POST 201
secrets-batch          | new                                           | self + the project + another project          | 403    | POST 201
secrets-batch          | one name that is taken                        | self; self + the project                      | 403    | POST 409
secrets-import         | new                                           | self; the project; another project; the team; nobody    | 403 | POST 200
secrets-import         | a name that is taken                          | self; the project                             | 403    | POST 409
secrets-import         | a name that is taken to skip; a name that is taken to replace; a name that is taken to rename | self; the project | 403 | POST 200
secret-set             | new                                           | self; the project; another project; the team; nobody    | 403 | POST 201
secret-set             | a name that is taken                          | self; the project                             | 403    | POST 200 (secret.update)
secret                 | present                                       | self; the project; another project; the team; a colleague    | 404 | GET 200, PATCH 200, DELETE 204
secret                 | expired                                       | self; the project                             | 404    | GET 200, PATCH 200, DELETE 204
secret                 | to be moved                                   | self + the project; self + another project; self + the team; self + nobody | 404 + 403 | PATCH 200 (secret.create)
secret                 | never made; deleted; of a deleted project     | nobody                                        | 404    | GET 200, PATCH 200, DELETE 204
secret-copy            | present                                       | self; the project; another project; the team; a colleague    | 404 | POST 201 (secret.create)
secret-copy            | to be moved                                   | self + the project; self + another project; self + the team; self + nobody | 404 + 403 | POST 201 (secret.create)
secret-copy            | never made; deleted                           | nobody                                        | 404    | POST 201
secret-promote         | present; expired                              | self; the project; another project; the team; a colleague    | 404 | POST 200
secret-promote         | held for its name                             | the project; another project; the team        | 404    | POST 200 (secret.promote_risky_name)
secret-promote         | never made; deleted; of a deleted project     | nobody                                        | 404    | POST 200
secret-versions        | present                                       | self; the project; another project; the team; a colleague    | 404 | GET 200
secret-versions        | never made; deleted                           | nobody                                        | 404    | GET 200
secret-version-restore | a former version; the present version         | self; the project; another project; the team; a colleague    | 404 | POST 200
secret-version-restore | no version                                    | self; the project                             | 404    | POST 404
secret-version-restore | never made                                    | nobody                                        | 404    | POST 200
service-tokens         | new                                           | self                                          | 403    | GET 200, POST 201
service-tokens         | confined to it                                | the project; another project; the team; nobody | 403   | POST 201 (secret.view)
service-tokens         | of everybody in it                            | the project; another project; the team; nobody | 403   | GET 200 (project_tokens.manage)
service-token          | present; expired                              | self                                          | 404    | DELETE 204
service-token          | revoked                                       | self                                          | 404    | DELETE 404
service-token          | never made                                    | nobody                                        | 404    | DELETE 204
service-token          | present                                       | a colleague                                   | 404    | DELETE 204
service-token          | a colleague's for it                          | the project; another project; the team        | 404    | DELETE 204 (project_tokens.manage)
task-grants            | own                                           | wherever                                      |        | GET 200
task-grants            | new                                           | self; the project; another project; the team; nobody    | 403 | POST 201
task-grants            | one that may create secrets                   | self; the project; another project; the team; nobody    | 403 | POST 201 (secret.create)
task-grants            | of an unknown secret                          | self; the project                             | 403    | POST 409
task-grant-explain     | new                                           | self; the project; another project; the team; nobody    | 403 | POST 200
task-grant             | present; expired; revoked                     | self; self, in the project                    | 404    | GET 200, DELETE 204
task-grant             | present                                       | a colleague; a colleague, in the project      | 404    | GET 200, DELETE 204
task-grant             | never made                                    | nobody                                        | 404    | GET 200, DELETE 204
audit                  | whatever happened                             | self; the project; another project; the team; nobody    | 403 | GET 200
secret-uses            | present                                       | self; the project; another project; the team; a colleague    | 404 | GET 200
secret-uses            | never made; deleted                           | nobody                                        | 404    | GET 200
remembered-secrets     | own                                           | wherever; the project; another project; the team; nobody | 403 | GET 200, DELETE 204

runtime-environment    | what it was granted                           | the project                                   | 403    | POST 200
runtime-secrets        | new                                           | the project                                   | 403    | POST 201

openapi                | the document                                  | everybody                                     |        | GET 200
docs                   | the page                                      | everybody                                     |        | GET 200
livez                  | the process                                   | everybody                                     |        | GET 200
readyz                 | the database                                  | everybody                                     |        | GET 200
writez                 | the database                                  | everybody                                     |        | GET 200
metrics                | none, as there is no token for them           | everybody                                     |        | GET 404, POST 404, PUT 404, PATCH 404, DELETE 404, OPTIONS 404, TRACE 404
"""  # noqa: E501  (a table is read across)

USER, TASK, SESSION, PASSWORD, REFRESH, NOTHING = "user", "task", "session", "password", "refresh token", "nothing"
CREDENTIALS = {
    "token": PASSWORD,
    "token-refresh": REFRESH,
    "token-revoke": REFRESH,
    **dict.fromkeys(["sign-out-everywhere", "user", "user-password", "user-sessions", "user-session"], SESSION),
    "runtime-environment": TASK,
    "runtime-secrets": TASK,
    **dict.fromkeys(["device-codes", "device-token"], NOTHING),
    **dict.fromkeys(["openapi", "docs", "livez", "readyz", "writez", "metrics"], NOTHING),
}
"""What a route lets in; where nothing is said, a `USER`: a session or a service token."""


@dataclass(frozen=True)
class Question:
    """One method of one route, about one thing; asked by each actor."""

    route: str
    about: str
    whose: str
    unseen: tuple[int, ...]
    method: str
    status: int
    """To who may; 405 for a method that the route does not take."""
    asked_besides: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route} ({self.about}, of {self.whose})"

    @property
    def places(self) -> list[str]:
        return self.whose.split(" + ")

    def unseen_in(self, place: str) -> int:
        """Return the answer to who does not belong to this one of the places."""
        return dict(zip(self.places, self.unseen, strict=False)).get(place, self.unseen[0])

    @property
    def credential(self) -> str:
        return CREDENTIALS.get(self.route, USER)


def questions() -> Iterator[Question]:
    """The table, method by method. What a route does not take is asked of the first thing that it is about."""
    first: dict[str, Question] = {}
    taken: set[tuple[str, str]] = set()
    for question in _listed():
        first.setdefault(question.route, question)
        taken.add((question.route, question.method))
        yield question
    for route, example in first.items():
        for method in METHODS:
            if (route, method) not in taken:
                yield Question(route, example.about, example.whose, example.unseen, method, 405)


def _listed() -> Iterator[Question]:
    for line in [line for line in TABLE.splitlines()[2:] if line]:
        route, abouts, places, unseen, answers = (part.strip() for part in line.split("|"))
        numbers = tuple(int(number) for number in unseen.split(" + ")) if unseen else (0,)
        for about in abouts.split("; "):
            for whose in places.split("; "):
                for method, status, besides in re.findall(r"([A-Z]+) (\d+)(?: \((.+?)\))?", answers):
                    for each in (method, "HEAD")[: 2 if method == "GET" else 1]:
                        yield Question(route, about, whose, numbers, each, int(status), besides)
