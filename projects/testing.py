"""The tenancy of a site with the app `projects`, for the conformance cases of other apps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from projects.models import Membership, Project


class ProjectsTenancy:
    """The tenancy of a site with the app `projects`."""

    def make_user(self, name: str) -> Any:
        model = get_user_model()
        columns = {model.USERNAME_FIELD: name, model.get_email_field_name(): f"{name}@example.com"}
        # Some user models have the e-mail address as username, and some lack one of these columns.
        columns |= {model.USERNAME_FIELD: f"{name}@example.com"} if "email" in model.USERNAME_FIELD else {}
        present = {field.name for field in model._meta.get_fields()}
        return model._default_manager.create(**{key: value for key, value in columns.items() if key in present})

    def make_project(self) -> UUID:
        return Project.objects.create().id

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        rows = Membership.objects.filter(user=user, project_id=project_id)
        if role is None:
            rows.delete()
        elif not rows.update(role=role):
            Membership.objects.create(user=user, project_id=project_id, role=role)

    def delete_project(self, project_id: UUID) -> None:
        from neo_base.access.actors import Actor
        from projects.actions import delete_project

        delete_project(actor=Actor.system(), project_id=project_id)
