"""What is read for dashboard, report, review panel and mail. Pages get frozen dataclasses."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Sum
from django.utils.translation import gettext as _

from exams.closing import overdue_filter
from exams.models import REVEALING_MODES, Attempt, ExamBlueprint
from exams.owners import Owner
from exams.pools import FreshLeft, fresh_left, weights_of
from exams.selectors import attempts_of, exams_on_offer
from progress.evidence import WEEK
from progress.lines import ConfusionLine, DomainLine, ServiceLine, TopicLine
from progress.mastery import Verdict, judge
from progress.models import Confusion, ReportState, ServiceResult, TopicResult
from progress.next_step import NextStep, choose_next_step
from questions.models import ExamVersion, Option, Topic

# Where an exam version has no blueprint there is nothing to aim at; half is the middle of what can be said.
_NO_TARGET = 50
_RESULTS_SHOWN = 5
_ORDER = {Verdict.WEAK: 0, Verdict.UNDECIDED: 1, Verdict.STRONG: 2, Verdict.NO_EVIDENCE: 3}


@dataclasses.dataclass(frozen=True)
class Standing:
    """Where a student stands in one exam version: its domains against the practice target."""

    exam_version: ExamVersion
    target: int
    target_reason: str
    domains: list[DomainLine]
    blueprints: list[ExamBlueprint]

    @property
    def practice(self) -> ExamBlueprint | None:
        """What a quick round is made by."""
        return next((b for b in self.blueprints if b.mode == ExamBlueprint.Mode.PRACTICE), None)

    @property
    def has_drills(self) -> bool:
        """Whether this exam can be drilled."""
        return any(b.mode == ExamBlueprint.Mode.DRILL for b in self.blueprints)


@dataclasses.dataclass(frozen=True)
class Report:
    """Everything the report page shows."""

    standing: Standing
    state: ReportState | None
    is_behind: bool
    services: list[ServiceLine]
    thin_services: list[ServiceLine]
    confusions: list[ConfusionLine]
    thin_confusions: list[ConfusionLine]
    is_sitting: bool


@dataclasses.dataclass(frozen=True)
class Dashboard:
    """Everything the dashboard shows. `standing`, `next_step` and `fresh` are None before a bank is loaded."""

    open_attempts: list[Attempt]
    results: list[Attempt]
    reports: list[ReportState]
    standing: Standing | None
    next_step: NextStep | None
    fresh: FreshLeft | None
    confusions: list[ConfusionLine]


@dataclasses.dataclass(frozen=True)
class Counts:
    """Questions and right answers; first sight and repeats apart."""

    first_total: int
    first_correct: int
    repeat_total: int
    repeat_correct: int

    @property
    def total(self) -> int:
        """Questions in all."""
        return self.first_total + self.repeat_total

    @property
    def correct(self) -> int:
        """Right answers in all."""
        return self.first_correct + self.repeat_correct


def standing_of(*, user_id: int, exam_version: ExamVersion) -> Standing:
    """Return where a student stands in an exam version. Three queries."""
    blueprints = list(ExamBlueprint.objects.filter(exam_version=exam_version).order_by("order"))
    measure = next((b for b in blueprints if b.mode == ExamBlueprint.Mode.MOCK), blueprints[0] if blueprints else None)
    target = measure.practice_target if measure else _NO_TARGET
    results = {
        result.topic_id: result for result in TopicResult.objects.filter(user_id=user_id, exam_version=exam_version)
    }
    tasks: dict[int, list[Topic]] = defaultdict(list)
    domains: list[Topic] = []
    for topic in Topic.objects.filter(exam_version=exam_version, task=None).order_by("code"):
        if topic.domain_id is None:
            domains.append(topic)
        else:
            tasks[topic.domain_id].append(topic)
    return Standing(
        exam_version=exam_version,
        target=target,
        target_reason=measure.practice_target_reason if measure else "",
        domains=[_domain_line(domain, tasks[domain.pk], results, target) for domain in domains],
        blueprints=blueprints,
    )


def report_of(*, user_id: int, exam_version: ExamVersion) -> Report:
    """Return a student's report of an exam version. Eight queries, whatever was answered.

    While a sealed attempt is open no confusions are given: a question drawn again could be read off them.
    """
    is_sitting = has_open_sealed_attempt(user_id=user_id)
    state = ReportState.objects.filter(user_id=user_id, exam_version=exam_version).first()
    standing = standing_of(user_id=user_id, exam_version=exam_version)
    services = _service_lines(user_id, exam_version, standing.target)
    confusions = [] if is_sitting else confusions_of(user_id=user_id, exam_version=exam_version)
    return Report(
        standing=standing,
        state=state,
        is_behind=_is_behind(user_id, exam_version, state),
        services=[line for line in services if line.mastery.is_known],
        thin_services=[line for line in services if not line.mastery.is_known],
        confusions=[line for line in confusions if not line.missing],
        thin_confusions=[line for line in confusions if line.missing],
        is_sitting=is_sitting,
    )


def dashboard_of(*, user_id: int, now: dt.datetime) -> Dashboard:
    """Return a student's dashboard: about the exam of the newest result, else of what is open, else the current one.

    Nine queries at most.
    """
    attempts = attempts_of(Owner(user_id=user_id))
    open_attempts = list(attempts.filter(state=Attempt.State.OPEN).exclude(overdue_filter(now)))
    open_attempts.sort(key=lambda attempt: (attempt.deadline is None, attempt.deadline or attempt.started_at))
    results = list(attempts.filter(state=Attempt.State.GRADED).order_by("-graded_at")[:_RESULTS_SHOWN])
    reports = list(
        ReportState.objects.filter(user_id=user_id).select_related("exam_version").order_by("-newest_graded_at")
    )
    sat = [attempt.blueprint.exam_version for attempt in [*results, *open_attempts]]
    exam_version = sat[0] if sat else exams_on_offer().first()
    if exam_version is None:
        return Dashboard(open_attempts, results, reports, None, None, None, [])
    standing = standing_of(user_id=user_id, exam_version=exam_version)
    is_sitting = any(not attempt.blueprint.reveals_on_check for attempt in open_attempts)
    confusions = [] if is_sitting else confusions_of(user_id=user_id, exam_version=exam_version)
    return Dashboard(
        open_attempts=open_attempts,
        results=results,
        reports=reports,
        standing=standing,
        next_step=choose_next_step(
            exam_version=exam_version,
            open_attempts=open_attempts,
            domains=standing.domains,
            blueprints=standing.blueprints,
        ),
        fresh=fresh_left(
            owner=Owner(user_id=user_id),
            exam_version_id=exam_version.pk,
            blueprints=standing.blueprints,
            weights=weights_of(domain.line.topic for domain in standing.domains),
        ),
        confusions=[line for line in confusions if line.is_confused],
    )


def has_open_sealed_attempt(*, user_id: int) -> bool:
    """Whether the student sits something now whose questions must not be explained. One query."""
    return (
        Attempt.objects.filter(user_id=user_id, state=Attempt.State.OPEN)
        .exclude(blueprint__mode__in=REVEALING_MODES)
        .exists()
    )


def confusions_of(*, user_id: int, exam_version: ExamVersion) -> list[ConfusionLine]:
    """Return what the student took for something else at least once, what stands out first. One query."""
    found = (
        Confusion.objects.filter(user_id=user_id, exam_version=exam_version)
        .annotate(fell=F("first_fell") + F("repeat_fell"))
        .filter(fell__gt=0)
        .select_related("misconception", "chosen", "right")
    )
    lines = [ConfusionLine(confusion) for confusion in found]
    return sorted(lines, key=_confusion_order)


def confusion_panel(attempt: Attempt, options: Sequence[Option]) -> dict[int, str]:
    """Say for each chosen distractor how often the student fell for it at first sight. One query; none for guests.

    Nothing while the report does not know this attempt yet: a figure without it would be wrong.
    """
    if attempt.user_id is None or attempt.graded_at is None:
        return {}
    knows = ReportState.objects.filter(
        user_id=OuterRef("user_id"),
        exam_version_id=OuterRef("exam_version_id"),
        newest_graded_at__gte=attempt.graded_at,
    )
    counted = (
        Confusion.objects.filter(
            Exists(knows),
            user_id=attempt.user_id,
            exam_version=attempt.blueprint.exam_version_id,
            misconception__in={option.misconception_id for option in options},
            first_chances__gt=0,
        )
        .values_list("misconception_id", "chosen_id")
        .annotate(Sum("first_fell"), Sum("first_chances"))
    )
    sentences = {
        (misconception, chosen): _("You chose this where the other was right in %(fell)s of %(chances)s chances.")
        % {"fell": fell, "chances": chances}
        for misconception, chosen, fell, chances in counted
        if fell
    }
    return {
        option.pk: sentence
        for option in options
        if (sentence := sentences.get((option.misconception_id or 0, option.about_id or 0)))
    }


def week_counts(*, user_id: int, start: dt.datetime, end: dt.datetime) -> Counts:
    """Return what was graded within `start` (included) and `end` (not included). One query."""
    with connection.cursor() as cursor:
        cursor.execute(WEEK, {"user_id": user_id, "start": start, "end": end})
        row = cursor.fetchone()
    return Counts(*(int(number) for number in row))


def _domain_line(domain: Topic, tasks: list[Topic], results: dict[int, TopicResult], target: int) -> DomainLine:
    weight = float(domain.weight or Decimal(0))
    share = weight / len(tasks) if tasks else weight
    return DomainLine(
        line=_topic_line(domain, weight, results.get(domain.pk), target),
        tasks=[_topic_line(task, share, results.get(task.pk), target) for task in tasks],
    )


def _topic_line(topic: Topic, weight: float, result: TopicResult | None, target: int) -> TopicLine:
    if result is None:
        return TopicLine(topic, weight, judge(correct=0, total=0, target=target), 0, 0)
    mastery = judge(correct=result.first_correct, total=result.first_total, target=target)
    return TopicLine(topic, weight, mastery, result.repeat_correct, result.repeat_total)


def _service_lines(user_id: int, exam_version: ExamVersion, target: int) -> list[ServiceLine]:
    results = ServiceResult.objects.filter(user_id=user_id, exam_version=exam_version).select_related("service")
    lines = [
        ServiceLine(
            result.service,
            judge(correct=result.first_correct, total=result.first_total, target=target),
            result.repeat_correct,
            result.repeat_total,
        )
        for result in results
    ]
    return sorted(lines, key=lambda line: (_ORDER[line.mastery.verdict], line.mastery.estimate, line.service.name))


def _confusion_order(line: ConfusionLine) -> tuple[bool, int, str, str]:
    counts = line.confusion
    return (not line.is_confused, -(counts.first_fell + counts.repeat_fell), counts.chosen.name, counts.right.name)


def _is_behind(user_id: int, exam_version: ExamVersion, state: ReportState | None) -> bool:
    graded = Attempt.objects.filter(
        user_id=user_id, state=Attempt.State.GRADED, blueprint__exam_version=exam_version
    ).aggregate(count=Count("pk"), newest=Max("graded_at"))
    if state is None:
        return bool(graded["count"])
    return bool(graded["count"] != state.attempt_count or graded["newest"] > state.newest_graded_at)
