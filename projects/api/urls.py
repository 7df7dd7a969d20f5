"""URL routes of the projects API. Include them under the site's API prefix."""

from neo_base.rest.urls import endpoint
from projects.api import invitation_views, views

urlpatterns = [
    *endpoint("projects", views.ProjectListView.as_view(), "projects"),
    *endpoint("projects/<uuid:project_id>", views.ProjectView.as_view(), "project"),
    *endpoint("projects/<uuid:project_id>/transfer", views.TransferView.as_view(), "project-transfer"),
    *endpoint("projects/<uuid:project_id>/members", views.MemberListView.as_view(), "members"),
    *endpoint("projects/<uuid:project_id>/members/<str:user_id>", views.MemberView.as_view(), "member"),
    *endpoint(
        "projects/<uuid:project_id>/invitations", invitation_views.InvitationListView.as_view(), "project-invitations"
    ),
    *endpoint(
        "projects/<uuid:project_id>/invitations/<uuid:invitation_id>",
        invitation_views.InvitationView.as_view(),
        "project-invitation",
    ),
    *endpoint("invitations/accept", invitation_views.AcceptView.as_view(), "invitation-accept"),
    *endpoint("invitations/decline", invitation_views.DeclineView.as_view(), "invitation-decline"),
]
