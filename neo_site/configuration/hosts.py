"""The host names and the path that the site answers to, and the proxies in front of it."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import names, text


def allowed_hosts(env: FileAwareEnv, *, development: bool) -> list[str]:
    """Return the host names to answer to; raise ImproperlyConfigured for none, and for `*`."""
    default = ["127.0.0.1", "localhost", "[::1]"] if development else []
    hosts = names(env, "NEO_ALLOWED_HOSTS", default=default)
    if not hosts:
        raise ImproperlyConfigured("NEO_ALLOWED_HOSTS is not set. List the host names that this site answers to.")
    if "*" in hosts:
        raise ImproperlyConfigured("NEO_ALLOWED_HOSTS must name hosts; '*' lets anyone forge the host of links.")
    return hosts


def base_path(env: FileAwareEnv) -> str:
    """Return the path under which the site is served: `/`, or such as `/vault/`."""
    given = text(env, "NEO_BASE_PATH").strip("/")
    if not given:
        return "/"
    if not re.fullmatch(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", given):
        raise ImproperlyConfigured(
            "NEO_BASE_PATH must be a path such as /vault/, of letters, digits and -_.~, without a host name."
        )
    return f"/{given}/"


def proxy_tls_header(env: FileAwareEnv) -> tuple[str, str] | None:
    """Return the header by which a proxy says that it has ended TLS, in the form of SECURE_PROXY_SSL_HEADER."""
    header = str(env.str("NEO_PROXY_TLS_HEADER", default=""))
    return (f"HTTP_{header.upper().replace('-', '_')}", "https") if header else None


def networks(env: FileAwareEnv, name: str) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks that a setting lists; a network of every address is refused."""
    try:
        found = [ip_network(entry) for entry in names(env, name, default=[])]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must list addresses or networks, such as 10.0.0.1 or 10.0.0.0/24, without host bits."
        ) from None
    if any(network.prefixlen == 0 for network in found):
        raise ImproperlyConfigured(f"{name} must name proxies only; a network of every address trusts every client.")
    return found
