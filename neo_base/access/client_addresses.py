"""Whose address a request comes from, where the site does not say how to tell; and which addresses are one client's."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

# What one customer usually gets; whoever counted single addresses would let him begin anew 2**64 times.
IPV6_PREFIX = 64


def remote_address(request: HttpRequest) -> str:
    """The peer of the connection, which is the proxy where there is one; empty when the server does not name it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits; any other text as it is."""
    try:
        is_long = isinstance(ip_address(address), IPv6Address)
        return str(ip_network((address, IPV6_PREFIX), strict=False)) if is_long else address
    except ValueError:
        return address
