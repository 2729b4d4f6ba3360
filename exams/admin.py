"""Blueprints, and attempts to look at: what somebody sat is never changed by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from exams.models import Attempt, AttemptItem, ExamBlueprint, RefusedAnswer


class ReadOnly:
    """Nobody adds, changes or deletes, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(ExamBlueprint)
class ExamBlueprintAdmin(admin.ModelAdmin[ExamBlueprint]):
    """How sittings are made up; a change counts from the next start."""

    list_display = ("name", "exam_version", "mode", "pool", "minutes", "scored_count", "unscored_count")
    list_select_related = ("exam_version",)
    list_filter = ("exam_version", "mode")
    search_fields = ("name", "slug")
    autocomplete_fields = ("exam_version",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: attempts refer to it."""
        return False


class AttemptItemInline(ReadOnly, admin.TabularInline[AttemptItem, Attempt]):
    """The items of an attempt in their order."""

    model = AttemptItem
    fields = ("position", "version", "is_scored", "response", "outcome", "is_flagged", "seen_at", "saved_at")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptItem]:
        """Load the scenarios' names with the items."""
        return super().get_queryset(request).select_related("version__scenario", "attempt__blueprint")


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, admin.ModelAdmin[Attempt]):
    """Attempts with their answers."""

    list_display = ("uuid", "blueprint", "user", "state", "started_at", "closed_at", "scored_correct", "scored_total")
    list_select_related = ("blueprint", "user")
    list_filter = ("state", "blueprint")
    search_fields = ("uuid", "user__email")
    date_hierarchy = "started_at"
    exclude = ("guest_token_hash",)
    inlines = (AttemptItemInline,)


@admin.register(RefusedAnswer)
class RefusedAnswerAdmin(ReadOnly, admin.ModelAdmin[RefusedAnswer]):
    """Answers that were not counted, and why."""

    list_display = ("attempt", "position", "reason", "refused_at")
    list_select_related = ("attempt__blueprint",)
    list_filter = ("reason",)
    search_fields = ("attempt__uuid", "attempt__user__email")
    ordering = ("-refused_at",)
