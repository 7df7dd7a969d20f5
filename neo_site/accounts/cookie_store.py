"""Where Django keeps the sessions of browsers: in the database, as its own store does."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from neo_base.rest.outages import takes_nothing_now
from neo_base.transactions import retry_serialization


class SessionStore(db.SessionStore):
    """Django's store, which writes again what the database could not serialize, and tells outages as what they are."""

    @retry_serialization
    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Django takes every error for a session that another request has ended, and would answer 400.
            if error.__context__ is not None and takes_nothing_now(error.__context__):
                raise error.__context__ from error.__context__.__cause__
            raise
