"""The canary, another one for each test."""

from tests.canary.conftest import canary

__all__ = ["canary"]
