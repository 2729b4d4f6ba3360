"""The list of scenarios and the addresses of their pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from questions.admin import pages
from questions.admin.bank import KeptAdmin
from questions.authoring import NotPublishable, publish_version, retire
from questions.entries import entry_data
from questions.lint import lint_draft
from questions.models import ExamVersion, Placement, Scenario, ScenarioVersion, Topic
from questions.selectors import newest_versions, scenarios_for_entries
from questions.writing import writing_choices

DRAFTS = ScenarioVersion.objects.filter(scenario=OuterRef("pk"), published_at=None)


if TYPE_CHECKING:

    class ListedScenario(Scenario):
        """A scenario with what its line in the list shows besides its own columns."""

        newest: ScenarioVersion | None
        findings: tuple[int, int]


class ScenarioChangeList(ChangeList):
    """A page of scenarios, linted together: the number of queries does not grow with the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, then the newest version and the findings of all its scenarios."""
        super().get_results(request)
        scenarios: list[Any] = list(self.result_list)
        newest = newest_versions(scenarios)
        context = writing_choices().lint
        for scenario in scenarios:
            scenario.newest = newest.get(scenario.pk)
            draft = entry_data(scenario, scenario.newest) if scenario.newest else {}
            severities = [finding.severity for finding in lint_draft(draft, context)]
            scenario.findings = (severities.count("error"), severities.count("warning"))
        self.result_list = scenarios


class HasDraft(admin.SimpleListFilter):
    """Whether a version waits to be published."""

    title = _("draft waiting")
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Yes or no."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        """Filter by an existing draft."""
        if self.value() is None:
            return queryset
        return queryset.filter(Exists(DRAFTS) if self.value() == "yes" else ~Exists(DRAFTS))


class KindFilter(admin.SimpleListFilter):
    """Kind of any version."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The four kinds."""
        return list(ScenarioVersion.Kind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        """Filter by kind."""
        if self.value() is None:
            return queryset
        return queryset.filter(Exists(ScenarioVersion.objects.filter(scenario=OuterRef("pk"), kind=self.value())))


class PlacementFilter(admin.SimpleListFilter):
    """A filter over placements that finds each scenario once."""

    lookup = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        """Filter by a placement with the chosen value."""
        if self.value() is None:
            return queryset
        return queryset.filter(Exists(Placement.objects.filter(scenario=OuterRef("pk"), **{self.lookup: self.value()})))


class ExamFilter(PlacementFilter):
    """Exam version."""

    title = _("exam version")
    parameter_name = "exam"
    lookup = "exam_version__slug"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every exam version."""
        return list(ExamVersion.objects.values_list("slug", "name"))


class PoolFilter(PlacementFilter):
    """Pool."""

    title = _("pool")
    parameter_name = "pool"
    lookup = "pool"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The three pools."""
        return list(Placement.Pool.choices)


class TaskFilter(admin.SimpleListFilter):
    """Domain or task of the outline, by its code."""

    title = _("outline")
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Domains and tasks of every exam version."""
        topics = Topic.objects.filter(task=None).select_related("exam_version").order_by("exam_version__name", "code")
        return [(str(topic.pk), f"{topic.exam_version} {topic.code}") for topic in topics]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> QuerySet[Scenario]:
        """Filter by the topic or anything below it."""
        value = self.value()
        if value is None or not value.isdecimal():
            return queryset
        topic = int(value)
        below = Q(topic=topic) | Q(topic__task=topic) | Q(topic__domain=topic)
        return queryset.filter(Exists(Placement.objects.filter(below, scenario=OuterRef("pk"))))


@admin.register(Scenario)
class ScenarioAdmin(KeptAdmin):
    """Scenarios: written, checked, previewed and published on one page each."""

    list_display = ("slug", "state_words", "kind", "places", "pool", "difficulty", "finding_count")
    list_display_links = ("slug",)
    list_filter = ("state", HasDraft, ExamFilter, PoolFilter, TaskFilter, KindFilter, "difficulty", "certification")
    search_fields = ("slug", "versions__stem", "versions__options__text", "services__name")
    search_help_text = _("Id, words of the stem or of an option, service.")
    list_per_page = 50
    actions = ("publish_drafts", "retire_scenarios")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scenario]:
        """Return scenarios with their tags."""
        return scenarios_for_entries()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that lints its page."""
        return ScenarioChangeList

    def get_urls(self) -> list[URLPattern]:
        """Add preview, publish and retire."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:scenario_id>/preview/", wrap(pages.preview), name="questions_scenario_preview"),
            path("<int:scenario_id>/publish/", wrap(pages.publish), name="questions_scenario_publish"),
            path("<int:scenario_id>/retire/", wrap(pages.retire_scenario), name="questions_scenario_retire"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Write a new scenario."""
        return pages.write(request, self, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Write on an existing scenario, or look at it without the right to change."""
        return pages.write(request, self, object_id)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether the person may publish and retire."""
        return request.user.has_perm("questions.publish_scenario")

    @admin.display(description=_("state"), ordering="state")
    def state_words(self, scenario: ListedScenario) -> str:
        """The state, and whether a next version waits."""
        newest = scenario.newest
        state = str(scenario.get_state_display())
        if newest is None or newest.published_at is not None or scenario.state == Scenario.State.DRAFT:
            return state
        return _("%(state)s, draft of version %(number)s") % {"state": state, "number": newest.number}

    @admin.display(description=_("kind"))
    def kind(self, scenario: ListedScenario) -> str:
        """The kind of the newest version."""
        return str(scenario.newest.get_kind_display()) if scenario.newest else ""

    @admin.display(description=_("placed in"))
    def places(self, scenario: Scenario) -> str:
        """Exam versions with outline codes."""
        return ", ".join(str(placement) for placement in scenario.placements.all())

    @admin.display(description=_("pool"))
    def pool(self, scenario: Scenario) -> str:
        """The pools, usually one."""
        return ", ".join(sorted({str(placement.get_pool_display()) for placement in scenario.placements.all()}))

    @admin.display(description=_("findings"))
    def finding_count(self, scenario: ListedScenario) -> str:
        """Errors and warnings of the newest version, in words."""
        errors, warnings = scenario.findings
        words = []
        if errors:
            words.append(ngettext("%d error", "%d errors", errors) % errors)
        if warnings:
            words.append(ngettext("%d warning", "%d warnings", warnings) % warnings)
        return ", ".join(words) or "-"

    @admin.action(description=_("Publish drafts of selected scenarios"), permissions=["publish"])
    def publish_drafts(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> None:
        """Publish what can be published; say of each other one why not."""
        published = 0
        for scenario, version in _drafts(queryset):
            try:
                publish_version(version_id=version.pk, now=timezone.now())
            except NotPublishable as error:
                self.message_user(request, f"{scenario}: {error}", messages.ERROR)
            else:
                pages.log(request, scenario, f"Published version {version.number}.")
                published += 1
        self.message_user(request, ngettext("%d version published.", "%d versions published.", published) % published)

    @admin.action(description=_("Retire selected scenarios"), permissions=["publish"])
    def retire_scenarios(self, request: HttpRequest, queryset: QuerySet[Scenario]) -> None:
        """Take them out of every future draw."""
        scenarios = list(queryset.exclude(state=Scenario.State.RETIRED))
        for scenario in scenarios:
            retire(scenario_id=scenario.pk)
            pages.log(request, scenario, "Retired.")
        count = len(scenarios)
        self.message_user(request, ngettext("%d scenario retired.", "%d scenarios retired.", count) % count)


def _drafts(queryset: QuerySet[Scenario]) -> Iterable[tuple[Scenario, ScenarioVersion]]:
    drafts = ScenarioVersion.objects.filter(scenario__in=queryset, published_at=None).select_related("scenario")
    return [(version.scenario, version) for version in drafts]
