"""The IP address of a client. A header that names one is believed only when a trusted proxy sends it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """Return the address of the client in canonical form, or `unknown`.

    It is the peer of the connection, unless that is one of NEO_TRUSTED_PROXIES: then it is the last address in
    X-Forwarded-For that is not one of them. Whatever stands before was written by the client, which may write anything.
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
    """Return the address in `text`, without port and zone, or None. IPv4 inside of IPv6 becomes plain IPv4."""
    try:
        address = ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
