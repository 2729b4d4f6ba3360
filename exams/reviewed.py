"""One item as the review explains it: every option, the answer that was given, and how it came about."""

from __future__ import annotations

import dataclasses
import html
import re
import uuid
from collections.abc import Mapping

from exams.answer_input import shown_numbers
from exams.models import AttemptItem, ProblemReport
from exams.pacing import Changes, PacedItem
from exams.selectors import letter_for
from questions.models import Option, Placement, ScenarioVersion, Service, Source, Topic


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

    attempt_uuid: uuid.UUID
    item: AttemptItem
    version: ScenarioVersion
    stem_html: str
    topic: Topic | None
    difficulty: str
    options: list[ReviewedOption]
    prompts: list[ReviewedPrompt]
    services: list[Service]
    sources: list[Source]
    report: ProblemReport | None
    is_withheld: bool

    @property
    def is_reached(self) -> bool:
        """Whether the item was ever opened, as far as anything tells."""
        return bool(self.item.seen_at or self.item.is_answered)

    @property
    def result(self) -> str:
        """Correct, wrong, blank or not-reached. Say it only of items that are not withheld."""
        if self.item.outcome == AttemptItem.Outcome.CORRECT:
            return "correct"
        if self.item.is_answered:
            return "wrong"
        return "blank" if self.is_reached else "not-reached"

    @property
    def shown_result(self) -> str:
        """The result as a page may tell it: "withheld" while it must not."""
        return "withheld" if self.is_withheld else self.result

    @property
    def changes(self) -> Changes:
        """The changes of mind."""
        return Changes(self.item.right_to_wrong, self.item.wrong_to_right, self.item.wrong_to_wrong)

    @property
    def paced(self) -> PacedItem:
        """What the pacing panel needs of it."""
        return PacedItem(self.item.position, self.item.seconds_spent, self.shown_result, self.changes)

    @property
    def task(self) -> Topic | None:
        """The task of the outline, or the domain where the item is placed above the tasks."""
        return (self.topic.task or self.topic) if self.topic else None

    @property
    def topics(self) -> set[Topic]:
        """Its task and domain, by which the review is filtered."""
        return {topic for topic in (self.task, self.topic.domain if self.topic else None) if topic}

    @property
    def chosen_letters(self) -> str:
        """The answer in the letters that were shown, in its order; empty for matching items, which have a table."""
        places = sorted((o.chosen_place, o.letter) for o in self.options if o.is_chosen)
        return "" if self.prompts else ", ".join(letter for _place, letter in places)

    @property
    def right_letters(self) -> str:
        """The right answer in the same way."""
        places = sorted((o.right_place, o.letter) for o in self.options if o.is_right)
        return "" if self.prompts else ", ".join(letter for _place, letter in places)


def reviewed_item(
    item: AttemptItem,
    *,
    attempt_uuid: uuid.UUID,
    placement: Placement | None,
    panels: Mapping[int, str],
    report: ProblemReport | None,
    is_withheld: bool,
) -> ReviewedItem:
    """Return one item with everything its page may tell. No query: the item comes with all it points to."""
    version, key = item.version, key_of(item)
    # What a page must not show does not reach it.
    options = {} if is_withheld else {option.position: option for option in version.options.all()}
    return ReviewedItem(
        attempt_uuid=attempt_uuid,
        item=item,
        version=version,
        stem_html="" if is_withheld else _with_deciding_words_marked(version),
        topic=placement.topic if placement else None,
        difficulty=version.scenario.get_difficulty_display(),
        options=_reviewed_options(item, key, options, panels) if options else [],
        prompts=_reviewed_prompts(item, key, options) if options else [],
        services=list(version.scenario.services.all()),
        sources=list(version.scenario.sources.all()),
        report=None if is_withheld else report,
        is_withheld=is_withheld,
    )


def key_of(item: AttemptItem) -> list[int]:
    """Return the right response that is shown, as written; empty for a void item."""
    return list(item.rule.accepted[0]) if item.rule and item.rule.accepted else []


def _with_deciding_words_marked(version: ScenarioVersion) -> str:
    words = html.escape(version.deciding_constraint, quote=False).split()
    if not words:
        return version.stem_html
    # Line breaks of the stem may stand between the words; words that markup interrupts stay unmarked.
    found = re.compile(r"\s+".join(re.escape(word) for word in words))
    return found.sub(lambda match: f"<mark>{match[0]}</mark>", version.stem_html, count=1)


def _reviewed_options(
    item: AttemptItem, key: list[int], options: dict[int, Option], panels: Mapping[int, str]
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
