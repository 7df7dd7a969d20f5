"""The commands `neo secrets …`: stored secrets, shown as masks and never as values."""

from neo_cli.commands.secrets.group import secrets

__all__ = ["secrets"]
