from django.contrib import admin
from django.contrib.auth import admin as auth_admin

from users.models import User


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    fieldsets = [(None, {"fields": ["email", "password", "name", "is_active", "is_staff", "is_superuser"]})]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "password1", "password2"]})]
    list_display = ["email", "name", "is_superuser"]
    search_fields = ["name"]
    ordering = ["id"]
