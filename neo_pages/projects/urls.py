"""The addresses of the pages of projects, below those of the list of projects."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
