"""What the writing page reads: the item being written, what can be chosen, and what lint needs to know."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch

from questions.bank_check import case_findings, duplicate_finding
from questions.entries import entry_data
from questions.lint import Draft, Finding, LintContext, lint_draft
from questions.models import ExamVersion, Misconception, Scenario, ScenarioVersion, Service, Topic
from questions.selectors import newest_versions, scenarios_for_entries
from questions.similarity import nearest


@dataclasses.dataclass(frozen=True)
class ExamChoice:
    """An exam version with its outline as grouped choices of codes."""

    slug: str
    name: str
    certification_id: int
    topics: list[tuple[str, list[tuple[str, str]]]]


@dataclasses.dataclass(frozen=True)
class WritingChoices:
    """What an author can choose from, by id, and the context of the lint rules."""

    exams: list[ExamChoice]
    services: dict[str, str]
    misconceptions: dict[str, str]
    lint: LintContext

    @property
    def names(self) -> Mapping[str, str]:
        """Names of services and misconceptions by id."""
        return self.misconceptions | self.services


@dataclasses.dataclass(frozen=True)
class Written:
    """A scenario with its newest version as bank data, and the digest that tells a concurrent change."""

    scenario: Scenario
    version: ScenarioVersion | None
    draft: dict[str, Any]

    @property
    def seen(self) -> str:
        """The digest of what the page showed."""
        return draft_digest(self.draft)

    @property
    def is_draft(self) -> bool:
        """Whether the newest version can still be changed."""
        return self.version is None or self.version.published_at is None


def draft_digest(draft: Draft) -> str:
    """Return a digest of bank data that may be incomplete."""
    return hashlib.sha256(json.dumps(draft, sort_keys=True, default=str).encode()).hexdigest()


def written(scenario_id: int) -> Written | None:
    """Return a scenario with its newest version, or None. Ten queries for any size."""
    scenario = scenarios_for_entries().select_related("certification").filter(pk=scenario_id).first()
    if scenario is None:
        return None
    version = newest_versions([scenario]).get(scenario.pk)
    return Written(scenario, version, entry_data(scenario, version) if version else {})


def writing_choices() -> WritingChoices:
    """Return what the writing page offers. Five queries."""
    services = list(Service.objects.only("slug", "name", "lifecycle"))
    misconceptions = list(Misconception.objects.only("slug", "title").prefetch_related("between"))
    exams = list(ExamVersion.objects.prefetch_related(Prefetch("topics", Topic.objects.order_by("code"))))
    return WritingChoices(
        exams=[ExamChoice(e.slug, e.name, e.certification_id, _outline(list(e.topics.all()))) for e in exams],
        services={service.slug: service.name for service in services},
        misconceptions={misconception.slug: misconception.title for misconception in misconceptions},
        lint=LintContext(
            ended=frozenset(s.slug for s in services if s.lifecycle == Service.Lifecycle.ENDED),
            closed_to_new=frozenset(s.slug for s in services if s.lifecycle == Service.Lifecycle.CLOSED_TO_NEW),
            current_exams=frozenset(exam.slug for exam in exams if exam.is_current),
            between={m.slug: tuple(side.slug for side in m.between.all()) for m in misconceptions},
        ),
    )


def _outline(topics: list[Topic]) -> list[tuple[str, list[tuple[str, str]]]]:
    domains = sorted((t for t in topics if t.domain_id is None), key=_numbers)
    return [
        (str(domain), [(t.code, str(t)) for t in sorted(topics, key=_numbers) if domain.pk in (t.pk, t.domain_id)])
        for domain in domains
    ]


def _numbers(topic: Topic) -> list[int]:
    return [int(part) for part in topic.code.split(".")]


def findings_about(draft: Draft, context: LintContext) -> list[Finding]:
    """Return every finding about a draft, near-duplicates of the bank included. One query, ten more within a case.

    That items of a case differ is only a warning here: they are changed one after the other.
    """
    versions = ScenarioVersion.objects.order_by("scenario_id", "-number").distinct("scenario_id")
    stems = dict(versions.values_list("scenario__slug", "stem"))
    own = str(draft.get("id") or "")
    twins = nearest(own, str(draft.get("stem") or ""), stems)
    uneven = case_findings({**_rest_of_case(draft), own: draft}, severity="warning")
    return [
        *lint_draft(draft, context),
        *(finding for _item, finding in uneven),
        *(duplicate_finding(other, likeness) for other, likeness in twins),
    ]


def _rest_of_case(draft: Draft) -> dict[str, Draft]:
    case = (draft.get("case") or {}).get("id")
    if not case:
        return {}
    scenarios = list(scenarios_for_entries().filter(case=case).exclude(state=Scenario.State.RETIRED))
    newest = newest_versions(scenarios)
    return {scenario.slug: entry_data(scenario, newest[scenario.pk]) for scenario in scenarios if scenario.pk in newest}
