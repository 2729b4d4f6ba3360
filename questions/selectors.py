"""What is read from the bank."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from questions.models import ExamVersion, Misconception, Scenario, ScenarioVersion, Service, Topic


def scenarios_for_entries() -> QuerySet[Scenario]:
    """Return scenarios with what `entries.entry_data` reads of them besides the version. Five queries."""
    return Scenario.objects.prefetch_related("services", "sources", "placements__exam_version", "placements__topic")


def versions_for_entries() -> QuerySet[ScenarioVersion]:
    """Return versions with what `entries.entry_data` reads of them. Four queries."""
    return ScenarioVersion.objects.prefetch_related("rules", "prompts", "options__about", "options__misconception")


def newest_versions(scenarios: Iterable[Scenario]) -> dict[int, ScenarioVersion]:
    """Return each scenario's highest version by scenario key, drafts included. Five queries whatever the number."""
    versions = versions_for_entries().filter(scenario__in=[s.pk for s in scenarios]).order_by("scenario_id", "-number")
    return {version.scenario_id: version for version in versions.distinct("scenario_id")}


def exam_versions() -> QuerySet[ExamVersion]:
    """Return the exam versions on offer, the current one first."""
    return ExamVersion.objects.select_related("certification", "guide")


def outline_of(exam_version: ExamVersion) -> list[Topic]:
    """Return the domains and tasks of an exam version in the order of its outline. One query."""
    topics = Topic.objects.filter(exam_version=exam_version, task=None)
    return sorted(topics, key=lambda topic: [int(part) for part in topic.code.split(".")])


_PLURALS = {
    Service.Kind.SERVICE: _("Services"),
    Service.Kind.FEATURE: _("Features"),
    Service.Kind.TECHNIQUE: _("Techniques"),
    Service.Kind.CONCEPT: _("Concepts"),
}


@dataclasses.dataclass(frozen=True)
class NoteGroup:
    """The notes of one kind, such as all techniques."""

    label: str
    services: list[Service]


def note_groups() -> list[NoteGroup]:
    """Return every note, grouped by kind in the order of the kinds. One query."""
    services = list(Service.objects.order_by("name"))
    return [
        NoteGroup(str(_PLURALS[kind]), [service for service in services if service.kind == kind])
        for kind in Service.Kind
    ]


def note_pages() -> QuerySet[Service]:
    """Return services with what a note page shows. Three queries for one page."""
    return Service.objects.prefetch_related("sources", "misconceptions")


def comparison_pages() -> QuerySet[Misconception]:
    """Return misconceptions with what a comparison page shows, by title. Three queries."""
    return Misconception.objects.prefetch_related("sources", "between")
