"""What is read of attempts. Pages get frozen dataclasses; the key is only in `review_page`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from exams.answer_input import shown_numbers
from exams.clock import milliseconds_left
from exams.models import Attempt, AttemptItem, ExamBlueprint, ProblemReport
from exams.owners import Owner
from questions.models import ExamVersion


def attempts_of(owner: Owner) -> QuerySet[Attempt]:
    """Return the owner's attempts with blueprint and exam version, newest first."""
    return Attempt.objects.filter(owner.owns()).select_related("blueprint__exam_version")


def past_attempts(owner: Owner) -> QuerySet[Attempt]:
    """Return the latest attempts for a list, each with `answered_reports`: problem reports that were answered."""
    answered = Count("problem_reports", filter=Q(problem_reports__state=ProblemReport.State.SETTLED))
    return attempts_of(owner).annotate(answered_reports=answered)[:200]


def exams_on_offer() -> QuerySet[ExamVersion]:
    """Return exam versions that have a blueprint, the current one first."""
    return ExamVersion.objects.filter(blueprints__isnull=False).distinct()


def blueprints_for(*, exam_version: ExamVersion, is_guest: bool) -> QuerySet[ExamBlueprint]:
    """Return what may be started: everything with an account, the sample without one."""
    blueprints = exam_version.blueprints.select_related("exam_version")
    return blueprints.filter(mode=ExamBlueprint.Mode.SAMPLE) if is_guest else blueprints


def blueprint_by_slug(*, exam: str, blueprint: str, is_guest: bool) -> ExamBlueprint | None:
    """Return a blueprint that may be started from its page, or None; a drill starts with a focus instead."""
    found = ExamBlueprint.objects.select_related("exam_version").filter(exam_version__slug=exam, slug=blueprint)
    found = found.exclude(mode=ExamBlueprint.Mode.DRILL)
    return (found.filter(mode=ExamBlueprint.Mode.SAMPLE) if is_guest else found).first()


def sample_blueprint() -> ExamBlueprint | None:
    """Return the sample of the current exam version, or None before a bank is loaded."""
    return (
        ExamBlueprint.objects.select_related("exam_version")
        .filter(mode=ExamBlueprint.Mode.SAMPLE)
        .order_by("-exam_version__is_current", "order")
        .first()
    )


@dataclasses.dataclass(frozen=True)
class NavigatorEntry:
    """One item in the navigator. `status` is answered, open (seen, blank) or unseen."""

    position: int
    status: str
    is_flagged: bool
    is_current: bool


@dataclasses.dataclass(frozen=True)
class ShownOption:
    """An option as the exam room shows it: a number, a letter and text, nothing else that is stored with it."""

    number: int
    letter: str
    text_html: str
    is_chosen: bool
    is_struck: bool
    place: int


@dataclasses.dataclass(frozen=True)
class ShownPrompt:
    """A prompt of a matching item and the number of the option chosen for it (0: none yet)."""

    number: int
    text_html: str
    chosen: int


@dataclasses.dataclass(frozen=True)
class ItemPage:
    """Everything the exam room shows of one item."""

    attempt: Attempt
    item: AttemptItem
    kind: str
    case_html: str
    stem_html: str
    choose: int
    options: list[ShownOption]
    prompts: list[ShownPrompt]
    navigator: list[NavigatorEntry]
    milliseconds_left: int | None
    next_revision: int
    idempotency_key: uuid.UUID

    @property
    def position(self) -> int:
        """The place of the item in the form, from 1."""
        return self.item.position

    @property
    def item_count(self) -> int:
        """How many items the form has."""
        return len(self.navigator)

    @property
    def previous_position(self) -> int | None:
        """The place before this one, None at the first item."""
        return self.position - 1 if self.position > 1 else None

    @property
    def next_position(self) -> int | None:
        """The place after this one, None at the last item."""
        return self.position + 1 if self.position < self.item_count else None

    @property
    def answered_count(self) -> int:
        """How many items have an answer."""
        return sum(entry.status == "answered" for entry in self.navigator)

    @property
    def places(self) -> range:
        """The places a step of an ordering item can take."""
        return range(1, len(self.options) + 1)

    @property
    def used_steps(self) -> list[ShownOption]:
        """The steps of an ordering item that have a place, in their order."""
        return sorted((option for option in self.options if option.place), key=lambda option: option.place)

    @property
    def unused_steps(self) -> list[ShownOption]:
        """The steps of an ordering item without a place, as shown."""
        return [option for option in self.options if not option.place]

    @property
    def highlights_json(self) -> str:
        """What is highlighted in the stem: pairs of positions in its text, for the page's script."""
        return json.dumps(self.item.highlights, separators=(",", ":"))


def open_attempt(*, owner: Owner, blueprint: ExamBlueprint, now: dt.datetime) -> Attempt | None:
    """Return the attempt that starting this blueprint would go on with, or None. One query."""
    is_accepting = Q(accept_until=None) | Q(accept_until__gt=now)
    return attempts_of(owner).filter(is_accepting, blueprint=blueprint, state=Attempt.State.OPEN).first()


def entry_position(attempt: Attempt) -> int:
    """Return where to go on: the first item without an answer, else the first. One query, none for a new attempt."""
    if attempt.epoch == 1:
        return 1
    return next((entry.position for entry in navigator(attempt=attempt) if entry.status != "answered"), 1)


def room_attempt(*, owner: Owner, attempt_uuid: uuid.UUID) -> Attempt | None:
    """Return the owner's attempt with blueprint and exam version, or None. One query."""
    return attempts_of(owner).filter(uuid=attempt_uuid).first()


def item_page(*, attempt: Attempt, position: int, now: dt.datetime) -> ItemPage | None:
    """Return what the room shows of one item, or None for a position the form does not have. Four queries at most."""
    item = AttemptItem.objects.select_related("version").filter(attempt=attempt, position=position).first()
    if item is None:
        return None
    version = item.version
    options = {option.position: option for option in version.options.only("position", "text_html", "version_id")}
    chosen = set(shown_numbers(item.response, item.option_order))
    response = shown_numbers(item.response, item.option_order)
    return ItemPage(
        attempt=attempt,
        item=item,
        kind=version.kind,
        case_html=version.case_html,
        stem_html=version.stem_html,
        choose=version.choose,
        options=[
            ShownOption(
                number=number,
                letter=letter_for(number),
                text_html=options[written].text_html,
                is_chosen=number in chosen,
                is_struck=written in item.struck,
                place=response.index(number) + 1 if number in chosen and version.kind == "ordering" else 0,
            )
            for number, written in enumerate(item.option_order, start=1)
        ],
        prompts=[
            ShownPrompt(prompt.position, prompt.text_html, response[index] if index < len(response) else 0)
            for index, prompt in enumerate(version.prompts.all() if version.kind == "matching" else [])
        ],
        navigator=navigator(attempt=attempt, current=position),
        milliseconds_left=milliseconds_left(deadline=attempt.deadline, now=now),
        next_revision=(item.revision if item.epoch == attempt.epoch else 0) + 1,
        idempotency_key=uuid.uuid4(),
    )


@dataclasses.dataclass(frozen=True)
class Counts:
    """How many items an attempt has, and how many are answered, open (seen or not) and flagged."""

    all: int
    answered: int
    flagged: int

    @property
    def open(self) -> int:
        """How many have no answer."""
        return self.all - self.answered


def counts_of(entries: Sequence[NavigatorEntry]) -> Counts:
    """Return the counts of a navigator."""
    return Counts(
        all=len(entries),
        answered=sum(entry.status == "answered" for entry in entries),
        flagged=sum(entry.is_flagged for entry in entries),
    )


def letter_for(number: int) -> str:
    """Return the letter an option is shown under: 1 is A."""
    return chr(ord("A") + number - 1)


def navigator(*, attempt: Attempt, current: int | None = None) -> list[NavigatorEntry]:
    """Return the state of every item of an attempt, in order. One query."""
    rows = attempt.items.order_by("position").values_list("position", "response", "seen_at", "is_flagged")
    return [
        NavigatorEntry(
            position=position,
            status="answered" if any(response) else ("open" if seen_at or position == current else "unseen"),
            is_flagged=is_flagged,
            is_current=position == current,
        )
        for position, response, seen_at, is_flagged in rows
    ]
