"""Every mail that was due, to look at: who got what, and what may not have arrived."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from progress.models import MailDelivery


@admin.register(MailDelivery)
class MailDeliveryAdmin(admin.ModelAdmin[MailDelivery]):
    """Read only: a record. Mails in doubt are found by the state filter and never sent again by themselves."""

    list_display = ("user", "kind", "iso_year", "iso_week", "state", "claimed_at", "sending_at", "finished_at", "note")
    list_filter = ("state", "kind", "iso_year")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    date_hierarchy = "claimed_at"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: mails are claimed by the schedule or the command."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: MailDelivery | None = None) -> bool:
        """Nobody: a record stays as it is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MailDelivery | None = None) -> bool:
        """Nobody: without its record a mail could go out twice."""
        return False
