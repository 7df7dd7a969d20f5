"""Addresses of servers: https, or http where nobody listens on the way."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from neo_cli.exits import Exit, Failure


def normal_address(text: str) -> str:
    """`text` in the one form that credentials are kept under; https where it names no scheme. Else a Failure."""
    parts = _split(text.strip())
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def refuse_plain_http(address: str, accepted_hosts: Collection[str]) -> None:
    """Failure for plain http, unless its host is loopback or one of those accepted by name."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(host) and host not in accepted_hosts:
        raise Failure(
            f"Plain http to {host} would show passwords and values to the network. Use https, or accept that for this "
            f"host by its name: --insecure-http {host}",
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
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        parts, is_address = SplitResult("", "", "", "", ""), False
    # A password in the address would be stored and shown; nothing behind a question mark belongs to a server.
    if not is_address or parts.username is not None or parts.query or parts.fragment or not text.isprintable():
        raise Failure("This is not the address of a server. Write it as https://secrets.example.org", Exit.USAGE)
    return parts
