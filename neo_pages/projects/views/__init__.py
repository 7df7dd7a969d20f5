"""The views of projects: the projects themselves, their members, and invitations."""
