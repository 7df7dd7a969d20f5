"""Server URLs: how they are written, and which of them may use plain http."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from neo_cli.exits import Exit, Failure

SERVER_VARIABLE = "NEO_SERVER"
# The pages of a server whose addresses people copy: everything before is the server's URL.
PAGE_PATH = re.compile(r"(.*?)(/api/(?:v1|docs|openapi\.json)|/admin)(?:/.*)?")


def normalized_url(text: str) -> str:
    """Return the URL in the form that credentials are stored under; without a scheme it gets https.

    Raise Failure if `text` is not the URL of a server.
    """
    parts = _split(text.strip())
    path = parts.path.rstrip("/")
    if copied := PAGE_PATH.fullmatch(path):
        before, page = copied.groups()
        server = f"{parts.scheme}://{parts.netloc.lower()}{before}"
        raise Failure(f"{_origin(text)} has the path of a page, {page}. Leave it out: {server}", Exit.USAGE)
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def refuse_plain_http(url: str, accepted_hosts: Collection[str]) -> None:
    """Raise Failure for plain http, unless the host is a loopback address or in `accepted_hosts`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(host) and host not in accepted_hosts:
        raise Failure(
            f"Plain http to {host} would show passwords and values to anyone on the network. Use https, or accept the "
            f"risk for this host: --insecure-http {host}",
            Exit.CONFIGURATION,
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        is_server = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        # Names that no resolver can look up: empty or overlong labels.
        (parts.hostname or "").encode("idna")
    except ValueError:
        parts, is_server = SplitResult("", "", "", "", ""), False
    # A password in the URL would be stored and shown, and a server's URL has no query and no fragment.
    is_bare = parts.username is None and not parts.query and not parts.fragment
    if not (is_server and is_bare and text.isprintable()) or " " in text:
        raise Failure(f"{_origin(text)} is not a server URL. Write it like https://secrets.example.org", Exit.USAGE)
    return parts


def _origin(text: str) -> str:
    """Return the name of the variable that `text` comes from, if it comes from one."""
    return SERVER_VARIABLE if os.environ.get(SERVER_VARIABLE, "").strip() == text.strip() else "This"
