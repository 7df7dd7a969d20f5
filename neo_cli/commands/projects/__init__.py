"""The commands `neo projects …`: projects and their members."""

from neo_cli.commands.projects.group import projects

__all__ = ["projects"]
