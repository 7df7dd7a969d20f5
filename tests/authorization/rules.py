"""The answer that the permission tables promise. This is the access model, once more and by itself.

1. Who does not show what the route takes, or whose credential has ended, is 401.
2. A method that the route does not take is 405.
3. A token without the scope that the permission needs is 403, whatever it asks for.
4. Who does not belong to what is named gets `unseen`, 404 or 403: the same as for what is not there. A token that is
   confined to a project does not belong to anything else.
5. Who belongs to it with too low a role is 403. A permission of everybody's, and what is one's own, asks for no role.
6. Who may gets the answer of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from neo_base.access.policies import SIGNED_IN, Rule
from tests.authorization.actors import Actor
from tests.authorization.routes import permissions_of
from tests.authorization.table import NOTHING, PASSWORD, REFRESH, SESSION, TASK, USER, Question

LET_IN = {
    USER: ("session", "service"),
    TASK: ("task",),
    SESSION: ("session",),
    PASSWORD: ("session",),
    REFRESH: ("session",),
}
END_A_SESSION_ONLY = ("sign-out", "time")

Policies = Mapping[str, Rule]


def promised(question: Question, actor: Actor, policies: Policies) -> int:
    """The status that `actor` is to get."""
    looks_at_the_body_first = question.credential in (PASSWORD, REFRESH, NOTHING)
    if question.status == 405 and looks_at_the_body_first:
        return 405
    if not is_let_in(question, actor):
        return 401
    refusals = (_refusal(question, actor, grant) for grant in _grants(question, policies))
    return next((refusal for refusal in refusals if refusal), question.status)


def permissions_asked(question: Question) -> list[str]:
    """The view's own and what is asked besides; none for a method that is refused."""
    declared = permissions_of(question.route).get(question.method.replace("HEAD", "GET"))
    return [permission for permission in (declared, question.asked_besides) if permission]


def is_let_in(question: Question, actor: Actor) -> bool:
    """Return whether the route takes what they show, and nothing has ended it."""
    if question.credential == NOTHING:
        return True
    has_ended = actor.ended_by and not (question.credential == PASSWORD and actor.ended_by in END_A_SESSION_ONLY)
    return actor.credential in LET_IN[question.credential] and not has_ended


def _grants(question: Question, policies: Policies) -> Iterator[Rule]:
    return (policies[permission] for permission in permissions_asked(question))


def _refusal(question: Question, actor: Actor, grant: Rule) -> int | None:
    if actor.credential != "session" and grant.scope not in actor.allowed:
        return 403
    return next((refusal for place in question.places if (refusal := _refusal_in(place, question, actor, grant))), None)


def _refusal_in(place: str, question: Question, actor: Actor, grant: Rule) -> int | None:
    if place == "wherever":
        return None
    person, _, project = place.partition(", in ")
    if person in ("nobody", "a colleague") or actor.confined_to not in ("", project or person):
        return question.unseen_in(place)
    if person == "self" or grant.roles == SIGNED_IN:
        return None
    role = actor.role_in(place)
    return question.unseen_in(place) if role is None else 403 if role not in grant.roles else None
