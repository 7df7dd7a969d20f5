"""The settings that our apps share: the site's dictionary `NEO_BASE`, read at each access."""

from __future__ import annotations

from neo_base.site_settings import site_dictionary


class Settings:
    """The keys of `NEO_BASE`, with their defaults."""

    @property
    def client_address(self) -> str:
        """The dotted path of a callable that takes a request and returns the IP address of its client."""
        return str(site_dictionary("NEO_BASE").get("CLIENT_ADDRESS", "neo_base.access.client_addresses.remote_address"))

    @property
    def quick_way(self) -> bool:
        """Whether regular requests may take the ways with fewer statements: see `neo_base.quick_way`."""
        return bool(site_dictionary("NEO_BASE").get("QUICK_WAY", True))


conf = Settings()
