"""Whose address a request comes from. Headers that name one are believed from configured proxies only."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """The address of the client, in canonical form, or `unknown`.

    That is the peer of the connection. If the peer is one of NEO_TRUSTED_PROXIES, it is the last address in
    X-Forwarded-For that is not one of them: what stands before that was written by the client, who may write anything.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    while address is not None and hops and _is_trusted(address):
        named = _parse(hops.pop())
        if named is None:
            break
        address = named
    return UNKNOWN if address is None else str(address)


def _is_trusted(address: Address) -> bool:
    networks: list[Network] = settings.NEO_TRUSTED_PROXIES
    return any(address in network for network in networks)


def _parse(text: str) -> Address | None:
    """The address in `text`, with or without a port or a zone; an IPv4 address inside IPv6 as itself."""
    try:
        address = ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
