"""The floor: a WSGI application that does by hand what the site does, and nothing else.

It has all duties of the site: signature and session of a token, activity and password of its user, a throttle that
counts, role, quota, the key held, sealed values bound to their place, an audit event with its MAC in the same
transaction, the use of a grant, exposed secrets. It has no framework, no model, no serializer, no policy table, no log,
and no error but 401: nobody could keep it. Its answers have the fields of the site's. granian serves it.
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import django

django.setup()

import jwt  # noqa: E402  (Django first: the site's modules need its settings)
import orjson  # noqa: E402
import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection as site_connection  # noqa: E402
from django.utils.crypto import constant_time_compare, salted_hmac  # noqa: E402
from psycopg.types.json import Jsonb  # noqa: E402

from secrets_app import token_format  # noqa: E402
from secrets_app.audit.macs import audit_key, event_parts  # noqa: E402
from secrets_app.crypto import DataKeyCipher, SecretContext, blob_key_id  # noqa: E402
from secrets_app.master_keys import key_provider  # noqa: E402
from secrets_app.models.granted_set import Content, Granted  # noqa: E402
from secrets_app.models.time_ids import new_id  # noqa: E402
from secrets_app.plaintext import Plaintext  # noqa: E402

Row = tuple[Any, ...]
Body = dict[str, Any]

AUTH_HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
ROUTE = re.compile(r"/api/v1/([a-z-]+)(?:/([0-9a-f-]{36}|batch|environment))?")
GRANT_PREFIX = "neo_task_"

SESSION = """
    SELECT u.id, u.username, u.is_active, u.password, s.auth_hash, s.revoked_at, s.expires_at
    FROM neo_signin_session s JOIN auth_user u ON u.id = s.user_id WHERE s.id = %s
"""
COUNT = "UPDATE neo_throttling_cacheentry SET value = (value::bigint + 1)::text WHERE key = %s RETURNING value"
COUNT_FIRST = """
    INSERT INTO neo_throttling_cacheentry (key, value, expires_at) VALUES (%s, '1', %s) ON CONFLICT (key) DO NOTHING
"""
ROLE = "SELECT role FROM projects_membership WHERE project_id = %s AND user_id = %s"
ROOM = "SELECT count(*) FROM secrets_app_secret WHERE project_id = %s"
KEY = "SELECT id FROM secrets_app_datakey WHERE project_id = %s AND state = 'active' FOR KEY SHARE"
WRAPPED = "SELECT master_key_id, wrapped, user_id, project_id FROM secrets_app_datakey WHERE id = %s"
INSERT_SECRET = """
    INSERT INTO secrets_app_secret (id, project_id, name, description, default_available, created_by_agent,
        created_by_id, task_id, quarantine_reason, revision, version, data_key_id, value, mask, is_maskable,
        is_exempt_from_redaction, set_at, created_at, updated_at)
    VALUES (%s, %s, %s, '', %s, %s, %s, '', '', 1, 1, %s, %s, %s, %s, false, %s, %s, %s)
"""
INSERT_EVENT = """
    INSERT INTO secrets_app_auditevent (id, at, event, outcome, actor_kind, actor_id, actor_label, credential_kind,
        credential_id, request_id, address, project_id, user_id, subject_kind, subject_id, subject_label, data, key_id,
        mac, granted_set_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
SHOWN = """
    SELECT id, name, mask, default_available, created_by_agent, project_id, created_at, updated_at, description,
        version, expires_at, last_used_at, is_maskable, is_exempt_from_redaction, damaged_at, quarantine_reason, task_id
    FROM secrets_app_secret WHERE
"""
GET = SHOWN + " id = %s"
LIST = SHOWN + " project_id = %s ORDER BY name, id LIMIT %s"
AUDIT = """
    SELECT id, at, event, outcome, actor_kind, actor_id, actor_label, credential_kind, credential_id, request_id,
        address, project_id, subject_kind, subject_id, subject_label, data
    FROM secrets_app_auditevent WHERE project_id = %s ORDER BY id DESC LIMIT %s
"""
OPEN_GRANTS = """
    SELECT count(*) FROM secrets_app_taskgrant WHERE user_id = %s AND expires_at > %s AND revoked_at IS NULL
"""
CANDIDATES = """
    SELECT id, name, version, is_maskable FROM secrets_app_secret
    WHERE (project_id = %s OR user_id = %s) AND quarantine_reason = '' AND (expires_at IS NULL OR expires_at > %s)
"""
SET = "SELECT id FROM secrets_app_grantedset WHERE digest = %s FOR KEY SHARE"
INSERT_SET = "INSERT INTO secrets_app_grantedset (digest, content) VALUES (%s, %s) RETURNING id"
INSERT_MEMBERS = """
    INSERT INTO secrets_app_setmember (secret_id, granted_set_id) SELECT *, %s FROM unnest(%s::uuid[])
"""
INSERT_GRANT = """
    INSERT INTO secrets_app_taskgrant (id, user_id, project_id, task_id, thread_id, prefix, digest, scopes, latest,
        omitted, uses, created_at, expires_at, parent_kind, parent_id, granted_set_id)
    VALUES (%s, %s, %s, '', '', %s, %s, '[]', false, '[]', 0, %s, %s, 'session', %s, %s)
"""
GRANT = """
    SELECT g.id, u.id, u.username, u.is_active, g.project_id, g.prefix, g.expires_at, g.revoked_at, g.granted_set_id,
        s.digest, s.content
    FROM secrets_app_taskgrant g JOIN auth_user u ON u.id = g.user_id JOIN secrets_app_grantedset s
        ON s.id = g.granted_set_id
    WHERE g.digest = %s
"""
TAKE_A_USE = """
    UPDATE secrets_app_taskgrant SET uses = uses + 1, last_used_at = %s
    WHERE id = %s AND revoked_at IS NULL AND expires_at > %s RETURNING uses
"""
GRANTED = """
    SELECT id, name, version, value, last_used_at, expires_at, is_exempt_from_redaction
    FROM secrets_app_secret WHERE id = ANY(%s)
"""
NOTE_USE = "UPDATE secrets_app_secret SET last_used_at = %s WHERE id = ANY(%s)"

_local = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request of one of the jobs; 401 without a good token, and 404 for anything else."""
    found = ROUTE.fullmatch(environ["PATH_INFO"])
    answer = _ANSWERS.get((environ["REQUEST_METHOD"], found[1], _kind(found[2]))) if found else None
    try:
        status, body = ("404 Not Found", {}) if answer is None else answer(environ, found[2] if found else "")
    except PermissionError:
        status, body = "401 Unauthorized", {}
    content = orjson.dumps(body)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]


def _kind(part: str | None) -> str:
    return "" if part is None else part if part in ("batch", "environment") else "id"


def database() -> psycopg.Connection[Row]:
    """Return the connection of this thread, whose statements are prepared at their first use."""
    if not hasattr(_local, "connection"):
        parameters = site_connection.get_connection_params()
        for name in ("server_side_binding", "cursor_factory", "patience"):
            parameters.pop(name, None)
        _local.connection = psycopg.connect(**parameters | {"prepare_threshold": 0, "autocommit": True})
    connection: psycopg.Connection[Row] = _local.connection
    return connection


def _one(sql: str, *parameters: Any) -> Row:
    row = database().execute(sql, parameters, binary=True).fetchone()
    if row is None:
        raise PermissionError
    return row


def _signed_in(environ: dict[str, Any]) -> SimpleNamespace:
    """Return the user whose session is alive, after counting the request."""
    text = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    options = settings.SIMPLE_JWT
    claims = jwt.decode(
        text, options["SIGNING_KEY"], ["HS256"], audience=options["AUDIENCE"], issuer=options["ISSUER"], leeway=5
    )
    user_id, name, is_active, password, auth_hash, revoked_at, expires_at = _one(SESSION, UUID(claims["sid"]))
    expected = salted_hmac(AUTH_HASH_SALT, password, algorithm="sha256").hexdigest()
    if revoked_at or expires_at < datetime.now(UTC) or not is_active or not constant_time_compare(auth_hash, expected):
        raise PermissionError
    _count(f"user:{user_id}")
    return SimpleNamespace(id=user_id, name=name, kind="session", credential=claims["sid"])


def _count(key: str) -> None:
    window = f"floor:{key}:{int(time.time() // 60)}"
    if database().execute(COUNT, (window,)).fetchone() is None:
        database().execute(COUNT_FIRST, (window, time.time() + 120))


def _body(environ: dict[str, Any]) -> Body:
    body: Body = orjson.loads(environ["wsgi.input"].read())
    return body


@lru_cache(maxsize=4_096)
def _cipher(key_id: UUID) -> DataKeyCipher:
    master_key_id, wrapped, user_id, project_id = _one(WRAPPED, key_id)
    owner = f"project:{project_id}" if project_id else f"user:{user_id}"
    return DataKeyCipher(key_id, key_provider().unwrap(master_key_id, key_id, owner, bytes(wrapped)))


def _event(
    event: str,
    who: SimpleNamespace,
    project_id: UUID,
    subject: tuple[str, str, str],
    data: Body,
    now: datetime,
    granted_set_id: int | None = None,
) -> Row:
    """Return the row of an audit event, with its MAC."""
    row = SimpleNamespace(
        id=new_id(now),
        at=now,
        event=event,
        outcome="done",
        actor_kind="user",
        actor_id=str(who.id),
        actor_label=who.name,
        credential_kind=who.kind,
        credential_id=who.credential,
        request_id=uuid4().hex,
        address="127.0.0.1",
        project_id=project_id,
        user_id="",
        subject_kind=subject[0],
        subject_id=subject[1],
        subject_label=subject[2],
        data=data,
        key_id=key_provider().active_key_id,
    )
    mac = audit_key(row.key_id).tag(*event_parts(row))  # type: ignore[arg-type]  # It has the columns of one.
    return *(vars(row) | {"data": Jsonb(data)}).values(), mac, granted_set_id


def _create(environ: dict[str, Any], _: str) -> tuple[str, Body]:
    who = _signed_in(environ)
    return "201 Created", _created(who, [_body(environ)])[0]


def _create_batch(environ: dict[str, Any], _: str) -> tuple[str, Body]:
    who = _signed_in(environ)
    return "201 Created", {"results": _created(who, _body(environ)["secrets"])}


def _created(who: SimpleNamespace, items: list[Body]) -> list[Body]:
    project_id, now = UUID(items[0]["project_id"]), datetime.now(UTC)
    _one(ROLE, project_id, who.id)
    secrets, events, shown = [], [], []
    with database().transaction():
        _one(ROOM, project_id)
        (key_id,) = _one(KEY, project_id)
        cipher = _cipher(key_id)
        for item in items:
            secret_id, value = uuid4(), Plaintext(item["value"])
            sealed = [
                cipher.seal(text.encode(), SecretContext(field, secret_id, f"project:{project_id}", 1))
                for field, text in (("value", item["value"]), ("mask", value.mask()))
            ]
            name, times = item["name"], (now, now, now)
            secrets.append(
                (secret_id, project_id, name, False, False, who.id, key_id, *sealed, value.is_maskable, *times)
            )
            data = {"created_by_agent": False, "default_available": False, "expires_at": None}
            events.append(_event("secret.created", who, project_id, ("secret", str(secret_id), name), data, now))
            shown.append(
                {
                    "id": secret_id,
                    "name": name,
                    "masked_value": value.mask(),
                    "default_available": False,
                    "created_by_agent": False,
                    "project_id": project_id,
                    "created_at": now,
                    "updated_at": now,
                }
            )
        with database().cursor() as cursor:
            cursor.executemany(INSERT_SECRET, secrets)
            cursor.executemany(INSERT_EVENT, events)
    return shown


def _secret_out(row: Row) -> Body:
    secret_id, name, mask, default, by_agent, project_id, created_at, updated_at, *rest = row
    description, version, expires_at, last_used_at, is_maskable, is_exempt, damaged_at, reason, task_id = rest
    context = SecretContext("mask", secret_id, f"project:{project_id}", version)
    return {
        "id": secret_id,
        "name": name,
        "masked_value": _cipher(blob_key_id(bytes(mask))).open(bytes(mask), context).decode(),
        "default_available": default,
        "created_by_agent": by_agent,
        "project_id": project_id,
        "created_at": created_at,
        "updated_at": updated_at,
        "description": description,
        "version": version,
        "expires_at": expires_at,
        "last_used_at": last_used_at,
        "is_readable": damaged_at is None,
        "is_maskable": is_maskable,
        "is_exempt_from_redaction": is_exempt,
        "is_quarantined": reason != "",
        "quarantine_reason": reason,
        "task_id": task_id,
    }


def _get(environ: dict[str, Any], secret_id: str) -> tuple[str, Body]:
    who = _signed_in(environ)
    row = _one(GET, UUID(secret_id))
    _one(ROLE, row[5], who.id)
    return "200 OK", _secret_out(row)


def _list(environ: dict[str, Any], _: str) -> tuple[str, Body]:
    who = _signed_in(environ)
    project_id = _project_in(environ)
    _one(ROLE, project_id, who.id)
    rows = database().execute(LIST, (project_id, 50), binary=True).fetchall()
    return "200 OK", {"count": len(rows), "next": None, "previous": None, "results": [*map(_secret_out, rows)]}


def _audit(environ: dict[str, Any], _: str) -> tuple[str, Body]:
    who = _signed_in(environ)
    project_id = _project_in(environ)
    _one(ROLE, project_id, who.id)
    rows = database().execute(AUDIT, (project_id, 101), binary=True).fetchall()
    return "200 OK", {"next": None, "results": [_event_out(row) for row in rows[:100]]}


def _event_out(row: Row) -> Body:
    event_id, at, event, outcome, *who, project_id, kind, subject_id, label, data = row
    return {
        "id": event_id,
        "at": at,
        "event": event,
        "outcome": outcome,
        "actor": {"kind": who[0], "id": who[1], "name": who[2]},
        "credential": {"kind": who[3], "id": who[4]},
        "request_id": who[5],
        "address": who[6],
        "project_id": project_id,
        "subject": {"kind": kind, "id": subject_id, "name": label},
        "data": data,
    }


def _project_in(environ: dict[str, Any]) -> UUID:
    return UUID(re.search("project_id=([0-9a-f-]{36})", environ["QUERY_STRING"])[1])  # type: ignore[index]


def _grant(environ: dict[str, Any], _: str) -> tuple[str, Body]:
    who = _signed_in(environ)
    body, now = _body(environ), datetime.now(UTC)
    project_id, grant_id = UUID(body["project_id"]), uuid4()
    _one(ROLE, project_id, who.id)
    rows = {row[1]: row for row in database().execute(CANDIDATES, (project_id, who.id, now), binary=True)}
    chosen = [rows[name] for name in body["secrets"]]
    text = token_format.new_token(GRANT_PREFIX)
    prefix, ends = token_format.shown(text), now + timedelta(seconds=body["ttl"])
    content = Content(
        [Granted(row[0], row[1], "project", row[2], "selected", row[3]) for row in sorted(chosen, key=itemgetter(1))],
        [],
    )
    encoded = content.encoded()
    digest = sha256(encoded).digest()
    with database().transaction():
        _one(OPEN_GRANTS, who.id, now)
        held = database().execute(SET, (digest,)).fetchone()
        if held is None:
            held = _one(INSERT_SET, digest, zlib.compress(encoded))
            database().execute(INSERT_MEMBERS, (held[0], content.ids))
        token = token_format.digest(text)
        columns = (grant_id, who.id, project_id, prefix, token, now, ends, who.credential, held[0])
        database().execute(INSERT_GRANT, columns)
        data = {"set": digest.hex(), "scopes": [], "latest": False, "expires_at": ends.isoformat()}
        data["fingerprint"] = token_format.fingerprint(token)
        subject = ("grant", str(grant_id), f"{prefix}…")
        database().execute(INSERT_EVENT, _event("grant.created", who, project_id, subject, data, now, held[0]))
    shown = [
        {
            "name": row[1],
            "secret_id": row[0],
            "owner": "project",
            "version": row[2],
            "reason": "selected",
            "is_maskable": row[3],
        }
        for row in chosen
    ]
    unset = dict.fromkeys(("last_used_at", "max_uses", "revoked_at"))
    terms = {"latest": False, "omitted": [], "scopes": [], "secrets": shown, "task_id": "", "thread_id": "", "uses": 0}
    times = {"created_at": now, "expires_at": ends}
    return "201 Created", {"id": grant_id, "token": text, "project_id": project_id} | times | terms | unset


def _environment(environ: dict[str, Any], _: str) -> tuple[str, Body]:
    text, now = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer "), datetime.now(UTC)
    digest = sha256(text.encode()).hexdigest()
    grant_id, user_id, name, is_active, project_id, prefix, ends, revoked_at, set_id, *held = _one(GRANT, digest)
    if not is_active or revoked_at or ends < now:
        raise PermissionError
    _count(f"token:{grant_id}")
    _one(ROLE, project_id, user_id)
    encoded = zlib.decompress(held[1])
    if sha256(encoded).digest() != held[0]:
        raise PermissionError
    given = {each.secret_id: each for each in Content.of_json(orjson.loads(encoded)).given}
    with database().transaction():
        (use,) = _one(TAKE_A_USE, now, grant_id, now)
        rows = database().execute(GRANTED, (list(given),), binary=True).fetchall()
        values = {
            given[row[0]].name: _cipher(blob_key_id(bytes(row[3])))
            .open(bytes(row[3]), SecretContext("value", row[0], f"project:{project_id}", row[2]))
            .decode()
            for row in rows
        }
        stale = [row[0] for row in rows if row[4] is None or row[4] < now - timedelta(minutes=1)]
        if stale:
            database().execute(NOTE_USE, (now, stale))
        who = SimpleNamespace(id=user_id, name=name, kind="task_grant", credential=str(grant_id))
        subject, data = ("grant", str(grant_id), f"{prefix}…"), {"set": held[0].hex(), "use": use}
        database().execute(INSERT_EVENT, _event("environment.exposed", who, project_id, subject, data, now, set_id))
    return "200 OK", {"environment": values, "exempt_from_redaction": [row[1] for row in rows if row[6]]}


_ANSWERS: dict[tuple[str, str, str], Callable[[dict[str, Any], str], tuple[str, Body]]] = {
    ("POST", "secrets", ""): _create,
    ("POST", "secrets", "batch"): _create_batch,
    ("GET", "secrets", ""): _list,
    ("GET", "secrets", "id"): _get,
    ("GET", "audit", ""): _audit,
    ("POST", "task-grants", ""): _grant,
    ("POST", "runtime", "environment"): _environment,
}
