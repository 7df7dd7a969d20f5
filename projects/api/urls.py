"""Routes of the projects API, to be included under the site's API prefix."""

from neo_rest.urls import endpoint
from projects.api import views

urlpatterns = [
    *endpoint("projects", views.ProjectListView.as_view(), "projects"),
    *endpoint("projects/<uuid:project_id>", views.ProjectView.as_view(), "project"),
    *endpoint("projects/<uuid:project_id>/members", views.MemberListView.as_view(), "members"),
    *endpoint("projects/<uuid:project_id>/members/<str:user_id>", views.MemberView.as_view(), "member"),
]
