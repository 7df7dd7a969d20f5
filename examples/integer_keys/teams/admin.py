from django.contrib import admin

from teams.models import Place, Team


class PlaceInline(admin.TabularInline):
    model = Place
    extra = 0


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    inlines = [PlaceInline]
    search_fields = ["name"]
