"""A small bank and sittings of it, made by the project's own services.

Every explanation, misconception, decision and learning point holds SECRET, and every stable id holds
SECRET_SLUG, so that a test finds a leak by looking for two words.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from accounts.models import User
from exams.answer_input import PostedAnswer
from exams.blueprints import BlueprintEntry
from exams.focus import Focus
from exams.models import Attempt, AttemptItem, ExamBlueprint
from exams.owners import Owner
from exams.saving import Saved, save_answer
from exams.starting import start_attempt
from questions.bank_schema import (
    Bank,
    CertificationEntry,
    ExamVersionEntry,
    ItemEntry,
    Kind,
    MisconceptionEntry,
    OptionEntry,
    Pool,
    PromptEntry,
    ServiceEntry,
    SourceEntry,
    TopicEntry,
)
from questions.models import ScoringRule
from questions.responses import Response

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
SECRET = "QUIETWORD"
SECRET_SLUG = "hush"
NEWER, OLDER = "demo-2", "demo-1"  # two versions of one exam; the newer has no ordering and no matching
MISCONCEPTION = f"{SECRET_SLUG}-north-south"
SOURCE = SourceEntry(address="https://docs.example.com/guide", title="Guide", checked_on=dt.date(2026, 11, 1))

# Kinds of the items of one domain and pool, over and over.
KINDS: tuple[Kind, ...] = ("single", "multiple", "ordering", "single", "matching", "multiple")
SMALL = {"1": 8, "2": 8, "3": 8}
SEALED = {"1": 5, "2": 4, "3": 2}  # with a pool of this size both versions can fill the sealed form
LARGE = {"1": 34, "2": 21, "3": 14}

_RIGHT_POSITIONS = {"single": (2,), "multiple": (1, 4), "ordering": (3, 1, 4), "matching": (2, 3, 1)}


def item_entry(number: int, kind: Kind, *, domain: str = "1", pool: Pool = "mock") -> ItemEntry:
    """Return an item; the place of its key among the options as written depends on its number."""
    both = kind in ("single", "multiple")
    code = f"{domain}.1"
    return ItemEntry(
        id=f"{SECRET_SLUG}-{number}",
        kind=kind,
        placements={NEWER: code, OLDER: code} if both else {OLDER: code},
        pool=pool,
        difficulty="medium",
        services=("north", "south"),
        decision=f"{SECRET} decision of {number}",
        deciding_constraint="at the lowest cost",
        stem=f"Case {number}: a team needs an answer at the lowest cost. Which way is best?",
        prompts=tuple(PromptEntry(text=f"row {n} of case {number}", match=f"name-{p}") for n, p in _rows(kind)),
        options=tuple(_options(number, kind)),
        learning_point=f"{SECRET} learning point of {number}",
        sources=(SOURCE,),
    )


def _rows(kind: Kind) -> Iterator[tuple[int, int]]:
    return enumerate(_RIGHT_POSITIONS[kind], start=1) if kind == "matching" else iter(())


def _options(number: int, kind: Kind) -> Iterator[OptionEntry]:
    count = 5 if kind in ("multiple", "ordering") else 4
    right = key_of_item(number, kind)
    for position in range(1, count + 1):
        is_right = position in right
        yield OptionEntry(
            text=f"choice {position} of case {number}",
            key=is_right and kind in ("single", "multiple"),
            position=right.index(position) + 1 if is_right and kind == "ordering" else None,
            name=f"name-{position}" if kind == "matching" else None,
            about="north" if is_right else "south",
            why=f"{SECRET} why {position} of {number}",
            tempting=None if is_right else f"{SECRET} tempting {position} of {number}",
            misconception=None if is_right else MISCONCEPTION,
            right_if=None if is_right else f"{SECRET} right if {position} of {number}",
        )


def key_of_item(number: int, kind: Kind) -> Response:
    """Return the key as written; for single items it moves with the number, so that no position is special."""
    return [number % 4 + 1] if kind == "single" else list(_RIGHT_POSITIONS[kind])


def make_bank(sizes: Mapping[Pool, Mapping[str, int]]) -> Bank:
    """Return a bank with so many items by pool and domain."""
    places = [
        (pool, domain, n) for pool, domains in sizes.items() for domain, size in domains.items() for n in range(size)
    ]
    return Bank(
        certification=CertificationEntry(
            id="demo", name="Demo", vendor="Nobody", versions=(_version(OLDER), _version(NEWER))
        ),
        services=tuple(
            ServiceEntry(id=slug, name=slug.title(), kind="service", summary=f"The way {slug}.", notes=f"Go {slug}.")
            for slug in ("north", "south")
        ),
        misconceptions=(
            MisconceptionEntry(
                id=MISCONCEPTION,
                title=f"{SECRET} north taken for south",
                between=("north", "south"),
                apart=f"{SECRET} what tells them apart.",
                sources=(SOURCE,),
            ),
        ),
        items=tuple(
            item_entry(number, KINDS[n % len(KINDS)], domain=domain, pool=pool)
            for number, (pool, domain, n) in enumerate(places, start=1)
        ),
    )


def _version(slug: str) -> ExamVersionEntry:
    domains = {"1": 50, "2": 30, "3": 20}
    topics = [
        *(TopicEntry(code=code, title=f"Domain {code}", weight=weight) for code, weight in domains.items()),
        *(TopicEntry(code=f"{code}.1", title=f"Task {code}.1") for code in domains),
    ]
    is_newer = slug == NEWER
    return ExamVersionEntry(
        id=slug,
        name=slug.upper(),
        title=f"The exam {slug}",
        status_notice="A made-up exam.",
        is_current=is_newer,
        minutes_are_assumed=is_newer,
        guide=SOURCE,
        topics=tuple(topics),
    )


def blueprint_entry(
    exam: str,
    mode: Literal["mock", "mini", "sample", "practice", "drill"],
    *,
    scored: int,
    unscored: int = 0,
    minutes: int | None = None,
    name: str = "",
) -> BlueprintEntry:
    """Return a blueprint named after exam and mode; one named sealed draws the sealed form."""
    kinds: tuple[Kind, ...] = (
        ("single", "multiple") if exam == NEWER else ("single", "multiple", "ordering", "matching")
    )
    return BlueprintEntry(
        id=f"{exam}-{name or mode}",
        exam=exam,
        name=f"{exam} {name or mode}",
        mode=mode,
        pool="sealed" if name == "sealed" else "mock" if mode in ("mock", "mini") else "practice",
        minutes=minutes,
        scored_count=scored,
        unscored_count=unscored,
        kinds=kinds,
        practice_target=75,
        practice_target_reason="Our own mark.",
    )


BLUEPRINTS = [
    entry
    for exam in (NEWER, OLDER)
    for entry in (
        blueprint_entry(exam, "mock", scored=6, unscored=2, minutes=60),
        blueprint_entry(exam, "sample", scored=4, minutes=20),
        blueprint_entry(exam, "practice", scored=5),
        blueprint_entry(exam, "mini", scored=4, minutes=30),
        blueprint_entry(exam, "drill", scored=5),
        blueprint_entry(exam, "mock", scored=5, minutes=60, name="sealed"),
    )
]
LARGE_BLUEPRINTS = [*BLUEPRINTS, blueprint_entry(OLDER, "mock", scored=50, unscored=15, minutes=130, name="full")]


def blueprint(slug: str) -> ExamBlueprint:
    """Return a blueprint by its id, such as demo-2-mock."""
    return ExamBlueprint.objects.select_related("exam_version").get(slug=slug)


def start(
    person: User | Owner, slug: str = f"{OLDER}-mock", *, now: dt.datetime = NOW, focus: Focus | None = None
) -> Attempt:
    """Start an attempt, or return the open one."""
    owner = person if isinstance(person, Owner) else Owner(user_id=person.pk)
    return start_attempt(owner=owner, blueprint=blueprint(slug), now=now, focus=focus)


def owner_of_attempt(attempt: Attempt) -> Owner:
    """Return whose attempt it is."""
    return Owner(user_id=attempt.user_id, guest_token_hash=attempt.guest_token_hash)


@dataclasses.dataclass
class Pen:
    """Writes answers into one attempt, each save with the next revision, as a browser would."""

    attempt: Attempt
    revision: int = 0
    owner: Owner | None = None

    def save(
        self,
        position: int,
        response: Sequence[int],
        *,
        now: dt.datetime = NOW,
        epoch: int | None = None,
        revision: int | None = None,
        key: uuid.UUID | None = None,
    ) -> Saved:
        """Save a response as written (not as shown). Raises what the service raises."""
        self.revision += 1
        answer = PostedAnswer(
            response=list(response),
            epoch=self.attempt.epoch if epoch is None else epoch,
            revision=self.revision if revision is None else revision,
            idempotency_key=key or uuid.uuid4(),
        )
        return save_answer(
            owner=self.owner or owner_of_attempt(self.attempt),
            attempt_uuid=self.attempt.uuid,
            position=position,
            answer=answer,
            now=now,
        )


def item_at(attempt: Attempt, position: int = 1) -> AttemptItem:
    """Return a drawn item, fresh from the database."""
    return AttemptItem.objects.select_related("version").get(attempt=attempt, position=position)


def right_response(item: AttemptItem) -> Response:
    """Return the response that earns the mark, as written."""
    return list(ScoringRule.objects.filter(version=item.version_id).latest("number").accepted[0])


def wrong_response(item: AttemptItem) -> Response:
    """Return a complete response that earns no mark, as written."""
    right = right_response(item)
    if item.version.kind in ("ordering", "matching"):
        return right[::-1]
    others = [position for position in sorted(item.option_order) if position not in right]
    return sorted((others + right)[: len(right)])


def position_of_kind(attempt: Attempt, kind: str) -> int:
    """Return the place of the first item of a kind."""
    positions = attempt.items.filter(version__kind=kind).order_by("position").values_list("position", flat=True)
    return positions[0]


def start_with(kind: str, person: User) -> Attempt:
    """Start mocks until one holds an item of the kind; earlier ones are thrown away."""
    for _ in range(200):
        attempt = start(person)
        if attempt.items.filter(version__kind=kind).exists():
            return attempt
        attempt.delete()
    raise AssertionError(f"no form with a {kind} item")
