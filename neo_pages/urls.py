"""The addresses of the pages. A host mounts them anywhere: `path("secrets/", include("neo_pages.urls"))`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from neo_base.apps import installed_apps
from neo_pages.views import home, secrets

app_name = "neo_pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("secrets/", secrets.personal_list, name="secrets"),
    path("projects/<uuid:project_id>/", secrets.project_list, name="project_secrets"),
]
if "projects" in installed_apps():
    # Its models are imported only where they are installed.
    urlpatterns += [path("projects/", include("neo_pages.projects.urls"))]
