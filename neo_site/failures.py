"""What went wrong, in a sentence, and what to do about it. Nothing here holds a password, a key or a value."""

from __future__ import annotations

import errno
import os
import re
import traceback
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import Error
from django.db.migrations import exceptions as migrations

from neo_base.database_messages import message_of
from neo_base.rest.outages import takes_nothing_now
from neo_site import missing_modules
from secrets_app.crypto.errors import KeyringError

# Their messages name settings, migrations and key ids, and no values.
PLAIN = (
    *(ImproperlyConfigured, CommandError, KeyringError),
    *(migrations.InconsistentMigrationHistory, migrations.NodeNotFoundError, migrations.AmbiguityError),
)
APPLIED_IN_PART = (
    "A migration was applied in part, or without being recorded. Compare `manage.py showmigrations` with the tables. "
    "Restore the backup from before the upgrade; or, if all that the migration makes is there, record it with "
    "`manage.py migrate APP NAME --fake`."
)
# The first form that the message of the database has says what to do.
REMEDIES = [
    ("refused|could not connect|on socket .* failed", "Start PostgreSQL, or correct host and port in DATABASE_URL."),
    ("resolve host", "Correct the host name in DATABASE_URL."),
    ('role "[^"]*" does not exist', "Create the role, or correct the user name in DATABASE_URL."),
    ("password|authentication|pg_hba", "Correct user name and password in DATABASE_URL, or the rule in pg_hba.conf."),
    ('database "[^"]*" does not exist', "Create it, owned by the user in DATABASE_URL, or correct its name there."),
    (
        "timeout expired|connection timeout|timed out",
        "See whether host and port in DATABASE_URL can be reached from here.",
    ),
    ("too many clients|connection slots", "Raise max_connections, or lower NEO_WORKERS and NEO_THREADS."),
    ("starting up|shutting down|closed the connection|terminating connection|is (closed|lost)", "Wait until it is up."),
    ("unsupported startup parameter", "A pooler is in between. Set NEO_DATABASE_POOLING=transaction; see doctor then."),
    ("SSL|certificate", "Correct the options of DATABASE_URL for TLS, such as ?sslmode=require."),
    ("already exists|duplicate column", APPLIED_IN_PART),
    ("no such (table|column)|has no column|does not exist", "Run manage.py migrate."),
    ("locked", "Another process is writing. Try again."),
    ("full|extend file", "Make room on its disk."),
    ("read-?only", "Point DATABASE_URL at the primary, or make the file and its folder writable for this user."),
    ("permission denied", "Make the user in DATABASE_URL the owner of the database and its tables."),
    ("malformed|not a database", "Restore a backup."),
]
FILE_REMEDIES = {
    errno.EMFILE: "Raise the limit on open files (ulimit -n, LimitNOFILE).",
    errno.ENFILE: "Raise the limit on open files of the system (fs.file-max).",
    errno.ENOSPC: "Make room on that disk, or write to another one.",
    errno.EDQUOT: "Make room within the quota, or write to another disk.",
    errno.EROFS: "Make the file system writable, or name another directory.",
    errno.ENOMEM: "Give it more memory.",
    errno.EAGAIN: "Raise the limit on processes (ulimit -u, TasksMax), or lower NEO_WORKERS and NEO_THREADS.",
}
ELSE = "Run manage.py doctor, and look at the log of the database."


def told(error: BaseException) -> str:
    """Return what happened and what to do, in one line."""
    if isinstance(error, Error) or takes_nothing_now(error):
        return _of_database(error)
    if isinstance(error, ModuleNotFoundError):
        return missing_modules.told(error)
    if isinstance(error, PLAIN):
        return " ".join(str(error).split())
    if _is_of_redis(error):
        return f"The cache does not answer ({type(error).__name__}). Start it, or correct CACHE_URL."
    if isinstance(error, OSError) and error.strerror:
        return _of_files(error)
    fault = f"This is a fault of the site: {type(error).__name__} at {_place(error)}."
    return f"{fault} Please report it, with what --traceback shows."


def _of_files(error: OSError) -> str:
    if "temporary directory" in str(error.strerror):
        return "No directory for temporary files can be written to. Name one in TMPDIR, or make /tmp writable."
    where = f"{error.filename}: " if error.filename else ""
    remedy = FILE_REMEDIES.get(error.errno or 0, "Correct the path or its permissions, and try again.")
    return f"{where}{error.strerror}. {remedy}"


def _is_of_redis(error: BaseException) -> bool:
    # Imported here, since every command would take a tenth of a second more to start.
    from redis.exceptions import RedisError

    return isinstance(error, RedisError)


def _of_database(error: BaseException) -> str:
    message = message_of(error)
    if "unable to open database file" in message:
        return _of_sqlite_file(Path(str(settings.DATABASES["default"]["NAME"])))
    remedy = next((remedy for form, remedy in REMEDIES if re.search(form, message)), ELSE)
    return f"The database failed: {message or type(error).__name__}. {remedy}"


def _of_sqlite_file(path: Path) -> str:
    if not path.parent.is_dir():
        return (
            f"The folder of the database, {path.parent}, does not exist. Make it, for this user alone, or correct "
            "NEO_DATA_DIR or DATABASE_URL."
        )
    owner = "" if os.access(path.parent, os.W_OK | os.X_OK) else f" Make this user the owner of {path.parent}."
    return f"The database {path} cannot be opened.{owner or ' Make this user the owner of it and its folder.'}"


def _place(error: BaseException) -> str:
    """Return the last place in the code; a message could hold a value."""
    frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
