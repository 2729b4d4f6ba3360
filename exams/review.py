"""What is shown after an attempt: the score, the bars, the pace, and every item with every option explained."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, FilteredRelation, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from exams.focus import Focus, FocusKind
from exams.grading import is_correct
from exams.models import Attempt, AttemptItem, RefusedAnswer
from exams.owners import Owner
from exams.pacing import Pacing, pacing_of
from exams.pools import sealed_scenarios
from exams.reviewed import ReviewedItem, key_of, reviewed_item
from exams.saving import Refusal
from exams.scoring import likely_range, percent
from questions.models import Option, Placement, ScoringRule, Topic

# (attempt, option keys of distractors that were chosen) -> a sentence for each option key.
ReviewPanel = Callable[[Attempt, Sequence[Option]], dict[int, str]]
_panels: list[ReviewPanel] = []

# Up to this many items the missed ones are shown open; a longer list would be a wall of text.
_SHORT_FORM = 15


def register_review_panel(panel: ReviewPanel) -> None:
    """Let a higher app add a sentence to chosen distractors; called once per page with all of them."""
    if panel not in _panels:
        _panels.append(panel)


@dataclasses.dataclass(frozen=True)
class Bar:
    """Correct answers of a topic: "3 of 5"."""

    topic: Topic
    correct: int
    total: int

    @property
    def percent(self) -> int:
        """Per cent correct, rounded."""
        return percent(correct=self.correct, total=self.total)


@dataclasses.dataclass(frozen=True)
class DomainBars:
    """A domain with its tasks."""

    bar: Bar
    tasks: list[Bar]


@dataclasses.dataclass(frozen=True)
class TopicChoice:
    """A domain or task by which the review can be filtered, and how many items that shows."""

    topic: Topic
    count: int
    is_chosen: bool


@dataclasses.dataclass(frozen=True)
class LateAnswers:
    """The newest late answer of each item, and what the score would be with them.

    `percent` is None when nothing is scored, or while one of the items is in an open sealed attempt.
    """

    answers: list[RefusedAnswer]
    percent: int | None
    is_waiting: bool


@dataclasses.dataclass(frozen=True)
class Guesses:
    """How the items came out that the student marked as guesses."""

    right: int
    total: int


@dataclasses.dataclass(frozen=True)
class ReviewPage:
    """The result of an attempt. Only scored items make the per cent; unscored ones are told apart.

    `entries` are those of `items` that the chosen topic leaves.
    """

    attempt: Attempt
    items: list[ReviewedItem]
    entries: list[ReviewedItem]
    domains: list[DomainBars]
    topics: list[TopicChoice]
    unscored_correct: int
    unscored_total: int
    late: LateAnswers | None
    pacing: Pacing

    @property
    def percent(self) -> int | None:
        """Per cent correct of the scored items, rounded; None when nothing is scored."""
        correct, total = self.attempt.scored_correct, self.attempt.scored_total
        return percent(correct=correct, total=total) if total and correct is not None else None

    @property
    def likely(self) -> tuple[int, int] | None:
        """Between which per cents the true share likely lies; None when nothing is scored."""
        correct, total = self.attempt.scored_correct, self.attempt.scored_total
        return likely_range(correct=correct, total=total) if total and correct is not None else None

    @property
    def answered_count(self) -> int:
        """How many items have an answer."""
        return sum(entry.item.is_answered for entry in self.items)

    @property
    def blank_count(self) -> int:
        """How many items were opened and left blank."""
        return sum(entry.result == "blank" for entry in self.items)

    @property
    def not_reached_count(self) -> int:
        """How many items were never opened."""
        return sum(entry.result == "not-reached" for entry in self.items)

    @property
    def guesses(self) -> Guesses | None:
        """How the guesses came out, as far as it may be told; None when there are none."""
        guessed = [e.result for e in self.items if e.item.is_guess and e.item.is_answered and not e.is_withheld]
        return Guesses(guessed.count("correct"), len(guessed)) if guessed else None

    @property
    def missed_count(self) -> int:
        """How many items were not right, as far as it may be told."""
        return sum(entry.shown_result in ("wrong", "blank", "not-reached") for entry in self.items)

    @property
    def counts(self) -> dict[str, int]:
        """How many entries the filter would show, by its name. Withheld items have no result yet."""
        results = [entry.shown_result for entry in self.entries]
        return {
            "all": len(self.entries),
            "wrong": results.count("wrong"),
            "blank": results.count("blank"),
            "not_reached": results.count("not-reached"),
            "right": results.count("correct"),
            "flagged": sum(entry.item.is_flagged for entry in self.entries),
            "guessed": sum(entry.item.is_guess for entry in self.entries),
        }

    @property
    def chosen_topic(self) -> Topic | None:
        """The topic that the entries are limited to."""
        return next((choice.topic for choice in self.topics if choice.is_chosen), None)

    @property
    def topic_focus(self) -> str:
        """What a drill of the chosen topic is about."""
        return str(Focus(FocusKind.TOPIC, self.chosen_topic.code)) if self.chosen_topic else ""

    @property
    def shown_open(self) -> set[int]:
        """The positions whose explanation is shown at once: what was missed, of a long form only the first."""
        missed = [entry.item.position for entry in self.entries if entry.shown_result not in ("correct", "withheld")]
        return set(missed if len(self.entries) <= _SHORT_FORM else missed[:1])

    @property
    def time_taken(self) -> str:
        """How long it took, in words; empty for an untimed attempt that closed by itself."""
        attempt = self.attempt
        if attempt.closed_at is None or (attempt.closed_by == Attempt.Closer.DEADLINE and attempt.deadline is None):
            return ""
        end = min(attempt.closed_at, attempt.deadline) if attempt.deadline else attempt.closed_at
        hours, minutes = divmod((end - attempt.started_at) // dt.timedelta(minutes=1), 60)
        if hours:
            return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
        return _("%(minutes)d min") % {"minutes": minutes} if minutes else _("less than a minute")


def review_page(*, owner: Owner, attempt: Attempt, topic: str = "") -> ReviewPage:
    """Return the result page of a graded attempt. Eight queries for any number of items and any bank.

    `topic` is the code of a domain or task that the entries are limited to; an unknown one limits nothing. Call
    it for graded attempts only: it holds the key.
    """
    reviewed = _reviewed(attempt, attempt.items.order_by("position"), owner)
    scored = [entry for entry in reviewed if entry.item.is_scored]
    unscored = [entry for entry in reviewed if not entry.item.is_scored]
    topics = _topic_choices(reviewed, topic)
    entries = [entry for entry in reviewed if topic in {own.code for own in entry.topics}]
    length = (attempt.deadline - attempt.started_at) // dt.timedelta(seconds=1) if attempt.deadline else None
    return ReviewPage(
        attempt=attempt,
        items=reviewed,
        entries=entries or reviewed,
        domains=_domain_bars(scored),
        topics=topics,
        unscored_correct=sum(entry.result == "correct" for entry in unscored),
        unscored_total=len(unscored),
        late=_late_answers(attempt, reviewed),
        pacing=pacing_of((entry.paced for entry in reviewed), length=length),
    )


def checked_item(*, owner: Owner, attempt: Attempt, item: AttemptItem) -> ReviewedItem | None:
    """Return the explanation of a checked practice item, or None for an item that was not checked."""
    if item.checked_at is None or not attempt.blueprint.reveals_on_check:
        return None
    return _reviewed(attempt, attempt.items.filter(pk=item.pk), owner)[0]


def _reviewed(attempt: Attempt, asked: QuerySet[AttemptItem], owner: Owner) -> list[ReviewedItem]:
    items = _loaded(attempt, asked, owner)
    placements, panels = _placements(attempt, items), _panel_sentences(attempt, items)
    return [
        reviewed_item(
            item,
            attempt_uuid=attempt.uuid,
            placement=placements.get(item.version.scenario_id),
            panels=panels,
            report=getattr(item, "own_report", None),
            is_withheld=item.is_sealed,
        )
        for item in items
    ]


def _loaded(attempt: Attempt, asked: QuerySet[AttemptItem], owner: Owner) -> list[Any]:
    """Return items with all that is shown of them. Five queries."""
    reports, of_this_attempt = "version__problem_reports", Q(version__problem_reports__attempt=attempt.pk)
    is_sealed = Q(version__scenario__in=sealed_scenarios(owner))
    return list(
        asked.annotate(
            own_report=FilteredRelation(reports, condition=of_this_attempt),  # one at most: see its constraint
            is_sealed=ExpressionWrapper(is_sealed, BooleanField()),
        )
        .select_related("version__scenario", "rule", "own_report")  # type: ignore[misc] # knows no FilteredRelation
        .prefetch_related(
            Prefetch("version__options", Option.objects.select_related("about", "misconception")),
            "version__prompts",
            "version__scenario__services",
            "version__scenario__sources",
        )
    )


def _placements(attempt: Attempt, items: list[AttemptItem]) -> dict[int, Placement]:
    placements = Placement.objects.filter(
        exam_version=attempt.blueprint.exam_version_id, scenario__in=[item.version.scenario_id for item in items]
    ).select_related("topic__domain", "topic__task", "topic__parent")
    return {placement.scenario_id: placement for placement in placements}


def _panel_sentences(attempt: Attempt, items: list[AttemptItem]) -> dict[int, str]:
    fallen_for = [
        option
        for item in items
        for option in item.version.options.all()
        if option.misconception_id and option.position in item.response and option.position not in key_of(item)
    ]
    sentences: dict[int, str] = {}
    if fallen_for:
        for panel in _panels:
            sentences |= panel(attempt, fallen_for)
    return sentences


def _late_answers(attempt: Attempt, entries: list[ReviewedItem]) -> LateAnswers | None:
    """Return what arrived too late, graded as it would have been; None when nothing did. One query."""
    refused = attempt.refused_answers.filter(reason=Refusal.LATE.value).order_by("position", "-epoch", "-revision")
    newest = {answer.position: answer for answer in refused.distinct("position")}
    if not newest:
        return None
    is_waiting = any(entry.is_withheld for entry in entries if entry.item.position in newest)
    scored = [entry.item for entry in entries if entry.item.is_scored]
    correct = sum(_earns_the_mark(item, newest.get(item.position)) for item in scored)
    return LateAnswers(
        answers=sorted(newest.values(), key=lambda answer: answer.refused_at),
        percent=percent(correct=correct, total=len(scored)) if scored and not is_waiting else None,
        is_waiting=is_waiting,
    )


def _earns_the_mark(item: AttemptItem, late: RefusedAnswer | None) -> bool:
    is_newer = late is not None and (late.epoch, late.revision) > (item.epoch, item.revision)
    if late is None or not is_newer or item.rule is None or item.checked_at:
        return item.outcome == AttemptItem.Outcome.CORRECT
    is_void = item.rule.reason == ScoringRule.Reason.VOID
    return is_correct(response=late.response, accepted=item.rule.accepted, is_void=is_void)


def _topic_choices(entries: Iterable[ReviewedItem], chosen: str) -> list[TopicChoice]:
    topics: dict[str, Topic] = {}
    counts: dict[str, int] = defaultdict(int)
    for entry in entries:
        for topic in entry.topics:
            topics[topic.code] = topic
            counts[topic.code] += 1
    return [TopicChoice(topics[code], counts[code], code == chosen) for code in sorted(topics)]


def _domain_bars(scored: list[ReviewedItem]) -> list[DomainBars]:
    tasks: dict[Topic, list[ReviewedItem]] = defaultdict(list)
    domains: dict[Topic, list[ReviewedItem]] = defaultdict(list)
    for entry in scored:
        if entry.topic is None:
            continue
        domains[entry.topic.domain or entry.topic].append(entry)
        tasks[entry.topic.task or entry.topic].append(entry)
    return [
        DomainBars(
            bar=_bar(domain, domains[domain]),
            tasks=[
                _bar(task, entries)
                for task, entries in sorted(tasks.items(), key=lambda pair: pair[0].code)
                if (task.domain_id or task.pk) == domain.pk
            ],
        )
        for domain in sorted(domains, key=lambda topic: topic.code)
    ]


def _bar(topic: Topic, entries: list[ReviewedItem]) -> Bar:
    return Bar(topic, sum(entry.result == "correct" for entry in entries), len(entries))
