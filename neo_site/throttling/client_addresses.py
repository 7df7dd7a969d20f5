"""The IP address of a client. A header that names one is believed only when a trusted proxy sends it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """Return the address of the client in canonical form, or `unknown`.

    It is the peer of the connection, unless that is one of NEO_TRUSTED_PROXIES, or has connected to a Unix socket,
    which only its owner and group can: then it is the last address in X-Forwarded-For that is not one of them. Whatever
    stands before was written by the client, which may write anything.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    address = _parse(peer or hops.pop())
    while address is not None and hops and _is_trusted(address):
        named = _parse(hops.pop())
        if named is None:
            break
        address = named
    return UNKNOWN if address is None else str(address)


def is_shared(request: HttpRequest) -> bool:
    """Return whether the address of the client may be that of many clients, because a proxy does not tell whose.

    So it is where no address is known, where it is that of a trusted proxy, and where a proxy in front is not listed.
    """
    address = _parse(client_address(request))
    if address is None or _is_trusted(address):
        return True
    is_peer_a_proxy = settings.SECURE_PROXY_SSL_HEADER is not None and not settings.NEO_TRUSTED_PROXIES
    return is_peer_a_proxy and bool(request.META.get("REMOTE_ADDR"))


def _is_trusted(address: Address) -> bool:
    networks: list[Network] = settings.NEO_TRUSTED_PROXIES
    return any(address in network for network in networks)


@lru_cache(maxsize=256)
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
