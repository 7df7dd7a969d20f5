"""Projects and their members in the Django admin; every change goes through the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from projects import actions
from projects.actors import Actor
from projects.models import Membership, Project
from projects.roles import Role
