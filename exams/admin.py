"""Blueprints, attempts to look at (what somebody sat is never changed by hand), and reports of problems to answer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from exams.models import Attempt, AttemptItem, ExamBlueprint, ProblemReport, RefusedAnswer
from exams.problem_reports import settle


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


@admin.register(ProblemReport)
class ProblemReportAdmin(admin.ModelAdmin[ProblemReport]):
    """What students say is wrong with items. An answer settles a report, and its author reads it on the review.

    Who reported is not shown: an answer is about the item, and students see instructors of their own classes only.
    """

    list_display = ("item", "what", "state", "reported_at")
    list_filter = ("state", "version__scenario__placements__exam_version", "reported_at")
    list_select_related = ("version__scenario",)
    search_fields = ("text", "answer", "version__scenario__slug")
    date_hierarchy = "reported_at"
    fields = ("item_link", "stem", "chosen", "text", "reported_at", "state", "answer")
    readonly_fields = ("item_link", "stem", "chosen", "text", "reported_at", "state")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: students report."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ProblemReport | None = None) -> bool:
        """Nobody: a report is answered."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProblemReport]:
        """Load the scenarios with the reports; the open ones come first."""
        return super().get_queryset(request).select_related("version__scenario").order_by("state", "-reported_at")

    def save_model(self, request: HttpRequest, obj: ProblemReport, form: ModelForm[Any], change: bool) -> None:  # noqa: FBT001 (Django's signature)
        """Store the answer, which settles the report."""
        settle(report=obj)

    @admin.display(description="item", ordering="version__scenario__slug")
    def item(self, report: ProblemReport) -> str:
        """The stable id and version."""
        return str(report.version)

    @admin.display(description="what is wrong")
    def what(self, report: ProblemReport) -> str:
        """The first words."""
        return report.text if len(report.text) <= 100 else f"{report.text[:99]}…"

    @admin.display(description="item")
    def item_link(self, report: ProblemReport) -> str:
        """The item, with a link to its writing page."""
        address = reverse("admin:questions_scenario_change", args=[report.version.scenario_id])
        return format_html('<a href="{}">{}</a>', address, report.version)

    @admin.display(description="stem")
    def stem(self, report: ProblemReport) -> str:
        """The stem of the version that was sat, as written."""
        return report.version.stem

    @admin.display(description="what the student chose")
    def chosen(self, report: ProblemReport) -> str:
        """The chosen options in the order of the response."""
        item = AttemptItem.objects.filter(attempt=report.attempt_id, version=report.version_id).first()
        texts = {option.position: option.text for option in report.version.options.all()}
        chosen = [(texts[position],) for position in (item.response if item else []) if position]
        return format_html_join("", "<div>{}</div>", chosen) or _("nothing")
