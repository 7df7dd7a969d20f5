"""The audit events of projects, their members and invitations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import Bound, Event
from neo_base.audit.event_fields import flag, number, word, words

EVENTS = (
    Event("project.created", "project", _("A project was created; its creator is its admin.")),
    Event(
        "project.updated",
        "project",
        _("The name, settings, tags or sharing of a project were changed."),
        {"changed": words, "shared_with_team": flag},
    ),
    Event(
        "project.deleted",
        "project",
        _("A project was deleted, with its secrets and their data keys."),
        bound=Bound.NONE,
    ),
    Event(
        "project.transferred",
        "user",
        _("The subject became admin, and the former admin, the actor, a member."),
        bound=Bound.USE,
    ),
    Event("member.added", "user", _("The subject became a member of the project."), {"role": word}),
    Event(
        "member.changed",
        "user",
        _("A member was given another role."),
        {"role": word, "former_role": word},
        bound=Bound.USE,
    ),
    Event("member.removed", "user", _("A member left or was removed."), {"role": word}, bound=Bound.NONE),
    Event("invitation.created", "invitation", _("Somebody was invited by e-mail."), {"role": word}),
    Event("invitation.accepted", "invitation", _("An invitation was accepted."), {"role": word}),
    Event("invitation.declined", "invitation", _("An invitation was declined."), {"role": word}, bound=Bound.NONE),
    Event(
        "invitation.revoked",
        "invitation",
        _("An invitation was revoked or replaced by a new one."),
        {"role": word},
        bound=Bound.NONE,
    ),
    Event(
        "invitations.cleared",
        "invitation",
        _("Invitations that ended long ago were deleted."),
        {"count": number},
        bound=Bound.NONE,
    ),
)
