"""The addresses of a host that mounts the pages, and has nothing else of ours."""

from django.urls import include, path

urlpatterns = [path("office/vault/", include("neo_pages.urls"))]
