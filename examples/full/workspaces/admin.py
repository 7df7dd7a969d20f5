from django.contrib import admin

from workspaces.models import Seat, Workspace


class SeatInline(admin.TabularInline):
    model = Seat
    extra = 0


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):
    inlines = [SeatInline]
