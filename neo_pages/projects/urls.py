"""The addresses of the pages of projects, their members and invitations."""

from __future__ import annotations

from django.urls import URLPattern, path

from neo_pages.projects.views import invitations, members, projects

ONE = "projects/<uuid:project_id>"

urlpatterns: list[URLPattern] = [
    path("projects/", projects.projects, name="projects"),
    path(f"{ONE}/settings/", projects.settings, name="project_settings"),
    path(f"{ONE}/leave/", projects.leave, name="project_leave"),
    path(f"{ONE}/delete/", projects.delete, name="project_delete"),
    path(f"{ONE}/members/", members.members, name="project_members"),
    path(f"{ONE}/members/add/", members.add, name="project_member_add"),
    path(f"{ONE}/members/<str:user_id>/role/", members.change_role, name="project_member_role"),
    path(f"{ONE}/members/<str:user_id>/remove/", members.remove, name="project_member_remove"),
    path(f"{ONE}/members/<str:user_id>/transfer/", members.transfer, name="project_transfer"),
    path(f"{ONE}/invitations/", members.invite, name="project_invite"),
    path(f"{ONE}/invitations/<uuid:invitation_id>/revoke/", members.revoke, name="project_invitation_revoke"),
    path("invitations/accept/", invitations.answer, name="accept_invitation"),
    path("invitations/accept/<str:token>/", invitations.arrive, name="arrive_invited"),
]
