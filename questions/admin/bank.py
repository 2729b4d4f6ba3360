"""What scenarios refer to: exams and outlines, notes, misconceptions, sources and keys."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from questions.markup import render_markdown
from questions.models import Certification, ExamVersion, Misconception, ScoringRule, Service, Source, Topic


class KeptAdmin(admin.ModelAdmin[Any]):
    """Content is retired, never deleted: nobody deletes here, superusers included."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyAdmin(KeptAdmin):
    """For looking only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Certification)
class CertificationAdmin(KeptAdmin):
    """Families of exams."""

    list_display = ("name", "vendor", "slug")
    search_fields = ("name", "slug")


@admin.register(ExamVersion)
class ExamVersionAdmin(KeptAdmin):
    """Exam versions and what students are told about their state."""

    list_display = ("name", "title", "certification", "is_current", "minutes_are_assumed")
    list_select_related = ("certification",)
    list_filter = ("certification", "is_current")
    search_fields = ("name", "title", "slug")
    autocomplete_fields = ("certification", "guide")


@admin.register(Topic)
class TopicAdmin(KeptAdmin):
    """Outlines."""

    list_display = ("code", "title", "exam_version", "weight", "same_as")
    list_select_related = ("exam_version", "same_as")
    list_filter = ("exam_version",)
    search_fields = ("code", "title")
    autocomplete_fields = ("exam_version", "parent", "domain", "task", "same_as")
    ordering = ("exam_version", "code")


@admin.register(Source)
class SourceAdmin(KeptAdmin):
    """Official pages."""

    list_display = ("title", "address", "checked_on", "was_read")
    list_filter = ("was_read", "checked_on")
    search_fields = ("title", "address")
    ordering = ("title",)


@admin.register(Service)
class ServiceAdmin(KeptAdmin):
    """Notes about services, features, techniques and concepts."""

    list_display = ("name", "kind", "lifecycle", "slug")
    list_filter = ("kind", "lifecycle")
    search_fields = ("name", "slug")
    autocomplete_fields = ("sources",)

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        """Render the notes when they are saved."""
        obj.notes_html = render_markdown(obj.notes)
        super().save_model(request, obj, form, change)


@admin.register(Misconception)
class MisconceptionAdmin(KeptAdmin):
    """Things that are taken for one another."""

    list_display = ("title", "slug")
    search_fields = ("title", "slug")
    autocomplete_fields = ("between", "sources")

    def save_model(self, request: HttpRequest, obj: Misconception, form: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        """Render the text when it is saved."""
        obj.apart_html = render_markdown(obj.apart)
        super().save_model(request, obj, form, change)


@admin.register(ScoringRule)
class ScoringRuleAdmin(ReadOnlyAdmin):
    """Keys: append-only, written with the version or by a correction."""

    list_display = ("version", "number", "reason", "accepted", "created_at", "created_by")
    list_select_related = ("version__scenario", "created_by")
    list_filter = ("reason",)
    search_fields = ("version__scenario__slug",)
    ordering = ("-created_at",)
