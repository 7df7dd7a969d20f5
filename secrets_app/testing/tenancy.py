"""What the cases need to know of a site: how it makes users and projects, and gives and takes roles."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID


class Tenancy(Protocol):
    """Written by the site, in its own way: by its models, its services or its API."""

    def make_user(self, name: str) -> Any:
        """A new user who can sign in and belongs to nothing. `name` is lower-case letters, another one at each call."""

    def make_project(self) -> UUID:
        """The id of a new project without members."""

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        """Make `user` "viewer", "member" or "admin" of the project, whatever he was before; None takes him out."""

    def delete_project(self, project_id: UUID) -> None:
        """Delete the project for good."""


class ProjectsTenancy:
    """The tenancy of a site that has installed `projects`."""

    def make_user(self, name: str) -> Any:
        from django.contrib.auth import get_user_model

        model = get_user_model()
        columns = {model.USERNAME_FIELD: name, model.get_email_field_name(): f"{name}@example.com"}
        # An address where the name is one, and only columns that there are.
        columns |= {model.USERNAME_FIELD: f"{name}@example.com"} if "email" in model.USERNAME_FIELD else {}
        present = {field.name for field in model._meta.get_fields()}
        return model._default_manager.create(**{key: value for key, value in columns.items() if key in present})

    def make_project(self) -> UUID:
        from projects.models import Project

        return Project.objects.create().id

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        from projects.models import Membership

        rows = Membership.objects.filter(user=user, project_id=project_id)
        if role is None:
            rows.delete()
        elif not rows.update(role=role):
            Membership.objects.create(user=user, project_id=project_id, role=role)

    def delete_project(self, project_id: UUID) -> None:
        from projects.actions import delete_project
        from projects.actors import Actor

        delete_project(actor=Actor.system(), project_id=project_id)
