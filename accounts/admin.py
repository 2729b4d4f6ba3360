"""People in the administration."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.http import HttpRequest

from accounts.models import User
from accounts.services import end_sessions

# One login for the whole site, with its limit on tries.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call] # allauth ships no types


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Accounts: state, rights and preferences. Passwords are set by their owners."""

    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "is_active", "is_staff", "time_zone", "wants_weekly_mail", "date_joined")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email",)
    ordering = ("email",)
    fields = ("email", "is_active", "is_staff", "groups", "time_zone", "wants_weekly_mail", "last_login", "date_joined")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups",)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        """Save, and end the person's sessions when a change of state or role must act at once."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if change and {"is_active", "is_staff", "groups"} & set(form.changed_data):
            end_sessions(user_id=obj.pk)
