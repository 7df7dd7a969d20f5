"""The proxy on the way to a server, from the variables that other programs read, too."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from neo_cli.exits import Exit, Failure
from neo_cli.text import note

PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
EXCLUSION_VARIABLES = ("no_proxy", "NO_PROXY")
Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
SYSTEM = "the proxy settings of this system"


@dataclass(frozen=True)
class Proxy:
    """A proxy, which may need a password, and where it was set: a variable, or the settings of the system."""

    url: str = field(repr=False)
    origin: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port}" if parts.port else str(host)

    @property
    def remedy(self) -> str:
        """The last sentence of an error that the proxy is to blame for."""
        return f"Correct {self.origin}, or list the server's host in NO_PROXY if it can be reached without a proxy."


def proxy_for(server: str) -> Proxy | None:
    """Return the proxy for an https URL, or None for a direct connection.

    Raise Failure if the proxy is of a kind that `neo` does not speak, or no proxy at all.
    """
    found = _configured()
    if found is None or _is_excluded(urlsplit(server)):
        return None
    return _usable(found)


def _configured() -> Proxy | None:
    for name in PROXY_VARIABLES:
        if url := os.environ.get(name, "").strip():
            return Proxy(url, name)
    # Beyond variables, this reads the settings of a Mac.
    url = getproxies().get("https", "")
    return Proxy(url, SYSTEM) if url else None


def _usable(proxy: Proxy) -> Proxy:
    url = proxy.url if "://" in proxy.url else f"http://{proxy.url}"
    try:
        parts = urlsplit(url)
        is_url = bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        is_url = False
    scheme = url.partition("://")[0].lower()
    if is_url and (scheme in ("http", "https") or (scheme in ("socks5", "socks5h") and find_spec("socksio"))):
        return Proxy(url, proxy.origin)
    if is_url and scheme.startswith("socks"):
        raise Failure(
            f"{proxy.origin} names a SOCKS proxy, which neo does not speak by itself. Set HTTPS_PROXY to an http "
            "proxy, list the server's host in NO_PROXY if it can be reached without one, or, for socks5://, install "
            "the package socksio.",
            Exit.CONFIGURATION,
        )
    raise Failure(
        f"{proxy.origin} is not the URL of a proxy that neo speaks. Write it like http://proxy.example.org:3128, or "
        "list the server's host in NO_PROXY.",
        Exit.CONFIGURATION,
    )


def _is_excluded(server: SplitResult) -> bool:
    """Return whether an entry of `NO_PROXY` covers the server. Tell the user about entries that can cover nothing."""
    for variable in EXCLUSION_VARIABLES:
        for entry in filter(None, re.split(r"[\s,]+", os.environ.get(variable, ""))):
            try:
                if _covers(entry, server.hostname or "", server.port or 443):
                    return True
            except ValueError:
                note(f"{variable} has an entry that names no host and no network; neo ignores it.")
    return False


def _covers(entry: str, host: str, port: int) -> bool:
    """Return whether an entry covers the host: `*`, a name with its subdomains, an address or network, with a port.

    Raise ValueError for anything else.
    """
    if entry == "*":
        return True
    if (network := _network(entry)) is not None:
        address = _address(host)
        return address is not None and address in network
    parts = urlsplit(entry if "://" in entry else f"//{entry}")
    name = (parts.hostname or "").lstrip("*").strip(".")
    if not name or parts.path.strip("/"):
        raise ValueError
    is_host = host == name or (host.endswith(f".{name}") and _address(host) is None)
    return is_host and parts.port in (None, port)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
