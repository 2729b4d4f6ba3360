"""What is shown after an attempt: the score, the bars, and every item with every option explained."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from exams.answer_input import shown_numbers
from exams.models import Attempt, AttemptItem, RefusedAnswer
from exams.owners import Owner
from exams.scoring import likely_range, percent
from exams.selectors import letter_for
from exams.starting import sealed_scenario_ids
from questions.models import Option, Placement, ScenarioVersion, Service, Source, Topic

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
class ReviewedOption:
    """An option with its explanation, and where it stood in answer and key."""

    letter: str
    option: Option
    is_chosen: bool
    is_right: bool
    chosen_place: int
    right_place: int
    panel: str

    @property
    def is_mistaken(self) -> bool:
        """Whether a distractor was chosen."""
        return self.is_chosen and not self.is_right


@dataclasses.dataclass(frozen=True)
class ReviewedPrompt:
    """A prompt with the text of the chosen and the right option."""

    text_html: str
    chosen_html: str
    right_html: str
    is_right: bool


@dataclasses.dataclass(frozen=True)
class ReviewedItem:
    """One item of the review. Explanations are withheld while the item is in an open sealed attempt.

    `stem_html` has the deciding words marked; `options` of an ordering item stand in their right order.
    """

    item: AttemptItem
    version: ScenarioVersion
    stem_html: str
    topic: Topic | None
    difficulty: str
    options: list[ReviewedOption]
    prompts: list[ReviewedPrompt]
    services: list[Service]
    sources: list[Source]
    is_withheld: bool

    @property
    def result(self) -> str:
        """Correct, wrong or blank."""
        if self.item.outcome == AttemptItem.Outcome.CORRECT:
            return "correct"
        return "wrong" if self.item.is_answered else "blank"

    @property
    def task(self) -> Topic | None:
        """The task of the outline, or the domain where the item is placed above the tasks."""
        return (self.topic.task or self.topic) if self.topic else None


@dataclasses.dataclass(frozen=True)
class ReviewPage:
    """The result of an attempt. Only scored items make the per cent; unscored ones are told apart."""

    attempt: Attempt
    items: list[ReviewedItem]
    domains: list[DomainBars]
    unscored_correct: int
    unscored_total: int
    blank_count: int
    refused: list[RefusedAnswer]

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
    def counts(self) -> dict[str, int]:
        """How many items the filter would show, by its name. Withheld items have no result yet."""
        open_results = [entry.result for entry in self.items if not entry.is_withheld]
        return {
            "all": len(self.items),
            "wrong": open_results.count("wrong"),
            "blank": open_results.count("blank"),
            "right": open_results.count("correct"),
            "flagged": sum(entry.item.is_flagged for entry in self.items),
        }

    @property
    def shown_open(self) -> set[int]:
        """The positions whose explanation is shown at once: what was missed, of a long form only the first."""
        missed = [entry.item.position for entry in self.items if entry.result != "correct" and not entry.is_withheld]
        return set(missed if len(self.items) <= _SHORT_FORM else missed[:1])

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


def review_page(*, owner: Owner, attempt: Attempt) -> ReviewPage:
    """Return the result page of a graded attempt. Nine queries for any number of items and any bank.

    Call it for graded attempts only: it holds the key.
    """
    items = _loaded_items(attempt.items.order_by("position"))
    withheld = set(sealed_scenario_ids(owner))
    placements = _placements(attempt, items)
    reviewed = _reviewed(attempt, items, placements, withheld)
    scored = [entry for entry in reviewed if entry.item.is_scored]
    unscored = [entry for entry in reviewed if not entry.item.is_scored]
    return ReviewPage(
        attempt=attempt,
        items=reviewed,
        domains=_domain_bars(scored),
        unscored_correct=sum(entry.result == "correct" for entry in unscored),
        unscored_total=len(unscored),
        blank_count=sum(entry.result == "blank" for entry in reviewed),
        refused=list(attempt.refused_answers.filter(reason="late").order_by("refused_at")),
    )


def checked_item(*, owner: Owner, attempt: Attempt, item: AttemptItem) -> ReviewedItem | None:
    """Return the explanation of a checked practice item, or None for an item that was not checked."""
    if item.checked_at is None or not attempt.blueprint.reveals_on_check:
        return None
    items = _loaded_items(attempt.items.filter(pk=item.pk))
    return _reviewed(attempt, items, _placements(attempt, items), set(sealed_scenario_ids(owner)))[0]


def _loaded_items(items: QuerySet[AttemptItem]) -> list[AttemptItem]:
    loaded = items.select_related("version__scenario", "rule").prefetch_related(
        Prefetch("version__options", Option.objects.select_related("about", "misconception")),
        "version__prompts",
        "version__scenario__services",
        "version__scenario__sources",
    )
    return list(loaded)


def _placements(attempt: Attempt, items: list[AttemptItem]) -> dict[int, Placement]:
    placements = Placement.objects.filter(
        exam_version=attempt.blueprint.exam_version_id, scenario__in=[item.version.scenario_id for item in items]
    ).select_related("topic__domain", "topic__task", "topic__parent")
    return {placement.scenario_id: placement for placement in placements}


def _reviewed(
    attempt: Attempt, items: list[AttemptItem], placements: dict[int, Placement], withheld: set[int]
) -> list[ReviewedItem]:
    keys = {item.pk: _key(item) for item in items}
    fallen_for = [
        option
        for item in items
        for option in item.version.options.all()
        if option.misconception_id and option.position in item.response and option.position not in keys[item.pk]
    ]
    panels: dict[int, str] = {}
    if fallen_for:
        for panel in _panels:
            panels |= panel(attempt, fallen_for)
    return [
        _reviewed_item(item, keys[item.pk], placements.get(item.version.scenario_id), panels, withheld)
        for item in items
    ]


def _key(item: AttemptItem) -> list[int]:
    return list(item.rule.accepted[0]) if item.rule and item.rule.accepted else []


def _reviewed_item(
    item: AttemptItem, key: list[int], placement: Placement | None, panels: dict[int, str], withheld: set[int]
) -> ReviewedItem:
    version = item.version
    is_withheld = version.scenario_id in withheld  # what a page must not show does not reach it
    options = {} if is_withheld else {option.position: option for option in version.options.all()}
    return ReviewedItem(
        item=item,
        version=version,
        stem_html="" if is_withheld else _with_deciding_words_marked(version),
        topic=placement.topic if placement else None,
        difficulty=version.scenario.get_difficulty_display(),
        options=_reviewed_options(item, key, options, panels) if options else [],
        prompts=_reviewed_prompts(item, key, options) if options else [],
        services=list(version.scenario.services.all()),
        sources=list(version.scenario.sources.all()),
        is_withheld=is_withheld,
    )


def _with_deciding_words_marked(version: ScenarioVersion) -> str:
    words = html.escape(version.deciding_constraint, quote=False).split()
    if not words:
        return version.stem_html
    # Line breaks of the stem may stand between the words; words that markup interrupts stay unmarked.
    found = re.compile(r"\s+".join(re.escape(word) for word in words))
    return found.sub(lambda match: f"<mark>{match[0]}</mark>", version.stem_html, count=1)


def _reviewed_options(
    item: AttemptItem, key: list[int], options: dict[int, Option], panels: dict[int, str]
) -> list[ReviewedOption]:
    is_ordering = item.version.kind == ScenarioVersion.Kind.ORDERING
    response = shown_numbers(item.response, item.option_order)
    right = shown_numbers(key, item.option_order)
    reviewed = [
        ReviewedOption(
            letter=letter_for(number),
            option=options[written],
            is_chosen=number in response,
            is_right=number in right,
            chosen_place=response.index(number) + 1 if is_ordering and number in response else 0,
            right_place=right.index(number) + 1 if is_ordering and number in right else 0,
            panel=panels.get(options[written].pk, ""),
        )
        for number, written in enumerate(item.option_order, start=1)
    ]
    return sorted(reviewed, key=lambda option: option.right_place or len(reviewed) + 1) if is_ordering else reviewed


def _reviewed_prompts(item: AttemptItem, key: list[int], options: dict[int, Option]) -> list[ReviewedPrompt]:
    prompts = []
    for index, prompt in enumerate(item.version.prompts.all()):
        chosen = item.response[index] if index < len(item.response) else 0
        prompts.append(
            ReviewedPrompt(
                text_html=prompt.text_html,
                chosen_html=options[chosen].text_html if chosen else "",
                right_html=options[key[index]].text_html if index < len(key) else "",
                is_right=index < len(key) and chosen == key[index],
            )
        )
    return prompts


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
