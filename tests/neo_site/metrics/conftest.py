"""The canary of each test's own."""

from tests.canary.conftest import canary

__all__ = ["canary"]
