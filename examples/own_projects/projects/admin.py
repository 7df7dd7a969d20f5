from django.contrib import admin

from projects.models import Collaborator, Project


class CollaboratorInline(admin.TabularInline):
    model = Collaborator
    extra = 0


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    inlines = [CollaboratorInline]
