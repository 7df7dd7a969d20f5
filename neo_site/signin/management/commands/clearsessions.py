from __future__ import annotations

from django.contrib.sessions.management.commands import clearsessions

from neo_base.commands import PatientCommand


class Command(PatientCommand, clearsessions.Command):
    """Django's own, which waits for the database as our daily commands do."""
