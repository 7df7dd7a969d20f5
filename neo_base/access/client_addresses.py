"""Client addresses: how to read one from a request by default, and which addresses count as one client."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

# Providers usually give each customer a /64. If single addresses were counted, a client could start over with
# each of their 2**64 addresses.
IPV6_PREFIX = 64


def remote_address(request: HttpRequest) -> str:
    """Return the address of the connection's peer, which may be a proxy; empty if the server does not tell."""
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network of an IPv6 one; other text unchanged."""
    try:
        is_long = isinstance(ip_address(address), IPv6Address)
        return str(ip_network((address, IPV6_PREFIX), strict=False)) if is_long else address
    except ValueError:
        return address
