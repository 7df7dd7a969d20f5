from __future__ import annotations

from tests.neo_site.signin.conftest import post

__all__ = ["post"]
