"""Django's backend for PostgreSQL, with connections that do not wait for ever.

A request waits for a silent server once at most: at the check of a kept connection, at connecting, or in a statement.
After that everything it asks of the database fails at once, so that its answer, 503, does not add up several timeouts.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.backends.postgresql import base

from neo_site import deadlines
from neo_site.postgresql.connections import PatientConnection, Suspicion, Unanswered

# How long a kept connection may take to show that it still works.
CHECK_SECONDS = 1.0

suspicion = Suspicion()


class _Driver:
    """The module psycopg with another class of connections."""

    @property
    def connect(self) -> Any:
        # Looked up for each connection, because tracing wraps it after this module is imported.
        return PatientConnection.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with one more option: `patience`, the seconds after which an unanswered statement is given up."""

    Database = _Driver()  # type: ignore[assignment]
    _given_up = False

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self._patience: float | None = params.pop("patience", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        if self._given_up:
            raise Unanswered
        try:
            with suspicion.asking():
                connection: PatientConnection = super().get_new_connection(conn_params)
        except psycopg.errors.ConnectionTimeout as error:
            self._given_up = True
            error.outage = "database_frozen"  # type: ignore[attr-defined]
            raise
        connection.patience, connection.on_silence = self._patience, self._give_up
        return connection

    def _commit(self) -> None:
        deadlines.require_live()
        super()._commit()  # type: ignore[misc]

    def has_time_for_a_statement(self) -> bool:
        """Return whether the request waits at least as long as a statement may take. Raises DeadlinePassed, ClientGone.

        Then PostgreSQL ends the statement before the request gives it up.
        """
        deadlines.require_live()
        deadline = deadlines.current()
        return deadline is None or self._patience is None or deadline.seconds_left() > self._patience

    def close_if_health_check_failed(self) -> None:
        """Check a kept connection once a request, but not if it answered a moment ago: a check costs a round trip."""
        if self.connection is not None and self.connection.answered_just_now():
            self.health_check_done = True
        super().close_if_health_check_failed()

    def is_usable(self) -> bool:
        """Return whether a kept connection works.

        Where it does not, a new one to the same address may: a machine that has taken over does not know the old one.
        So a silent check does not end the request.
        """
        connection = self.connection
        if connection is None:
            return False
        connection.patience = CHECK_SECONDS
        try:
            with suspicion.asking(), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg.Error:
            return False
        finally:
            connection.patience, self._given_up = self._patience, False
        return True

    def close_if_unusable_or_obsolete(self) -> None:
        """Forget that the server was silent. Django calls this around each request, and commands between batches."""
        self._given_up = False
        super().close_if_unusable_or_obsolete()

    def _give_up(self) -> None:
        self._given_up = True
        suspicion.rouse()
