"""The shape of a bank on disk: typed, closed (unknown keys are errors), independent of the database.

A bank folder holds one family of exams: `exams.yaml` (certification, versions, outline), files with
`services`, files with `misconceptions`, and files with `items`. `bank_files.read_bank` reads a folder
into a `Bank`; nothing here touches Django.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
OutlineCode = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+){0,2}$")]


def _https_address(value: str) -> str:
    if not value.startswith("https://") or " " in value:
        raise ValueError("an address starts with https:// and has no spaces")
    return value


Address = Annotated[str, AfterValidator(_https_address), StringConstraints(max_length=500)]

Kind = Literal["single", "multiple", "ordering", "matching"]
Pool = Literal["practice", "mock", "sealed"]
Difficulty = Literal["easy", "medium", "hard"]
ServiceKind = Literal["service", "feature", "technique", "concept"]
LifecycleStatus = Literal["current", "renamed", "closed_to_new", "ending", "ended"]


class BankModel(BaseModel):
    """A part of a bank file: unknown keys refused, values taken as written (no coercion)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceEntry(BankModel):
    """An official page that a statement rests on; `read` is false where only the address was checked."""

    address: Address
    title: Line
    checked_on: dt.date
    read: bool = True


class TopicEntry(BankModel):
    """A node of an outline: domain (weight in per cent), task or skill, by its dotted code."""

    code: OutlineCode
    title: Line
    weight: Decimal | int | None = None
    same_as: OutlineCode | None = None


class WantedEntry(BankModel):
    """How many items the bank should have for an exam version: in each pool, and in all for each task."""

    pools: dict[Pool, int] = Field(min_length=1)
    each_task: int = Field(ge=0)


class ExamVersionEntry(BankModel):
    """One version of a certification exam with its outline and what a student should know about its state."""

    id: Slug
    name: Line
    title: Line
    status_notice: Line
    is_current: bool
    minutes_are_assumed: bool = False
    guide: SourceEntry
    wanted: WantedEntry | None = None
    topics: tuple[TopicEntry, ...] = Field(strict=False, min_length=1)


class CertificationEntry(BankModel):
    id: Slug
    name: Line
    vendor: Line
    versions: tuple[ExamVersionEntry, ...] = Field(strict=False, min_length=1)


class LifecycleEntry(BankModel):
    status: LifecycleStatus
    notice: Line
    address: Address | None = None


class ServiceEntry(BankModel):
    """Notes about one service, feature, technique or concept."""

    id: Slug
    name: Line
    kind: ServiceKind
    summary: Line
    notes: Text | None = None
    lifecycle: LifecycleEntry | None = None
    sources: tuple[SourceEntry, ...] = Field(default=(), strict=False)


class MisconceptionEntry(BankModel):
    """Two or more things that are taken for one another, and what tells them apart."""

    id: Slug
    title: Line
    between: tuple[Slug, ...] = Field(strict=False, min_length=2)
    apart: Text
    sources: tuple[SourceEntry, ...] = Field(strict=False, min_length=1)


class OptionEntry(BankModel):
    """One option with its explanation.

    `key` marks the right options of single and multiple response items, `position` the right place of a
    step in an ordering item (no position: the step is not used), `name` is what a prompt's `match` names.
    """

    text: Text
    key: bool = False
    position: int | None = Field(default=None, ge=1)
    name: Slug | None = None
    about: Slug | None = None
    why: Text
    tempting: Text | None = None
    misconception: Slug | None = None
    right_if: Text | None = None


class PromptEntry(BankModel):
    """A row of a matching item: the prompt and the `name` of the option that belongs to it."""

    text: Text
    match: Slug


class CaseEntry(BankModel):
    """The case study an item belongs to: its id, and the text that is shown beside every item of it."""

    id: Slug
    text: Text


class ItemEntry(BankModel):
    """One scenario question. Kind rules are checked in `_check_kind`, all of them at once."""

    id: Slug
    kind: Kind
    placements: dict[Slug, OutlineCode] = Field(min_length=1)
    pool: Pool
    difficulty: Difficulty
    services: tuple[Slug, ...] = Field(strict=False, min_length=1)
    decision: Line
    deciding_constraint: Line
    case: CaseEntry | None = None
    stem: Text
    prompts: tuple[PromptEntry, ...] = Field(default=(), strict=False)
    options: tuple[OptionEntry, ...] = Field(strict=False, min_length=3, max_length=8)
    learning_point: Line
    sources: tuple[SourceEntry, ...] = Field(strict=False, min_length=1)

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        problems = [*self._choice_problems(), *self._ordering_problems(), *self._matching_problems()]
        if not _contains_words(self.stem, self.deciding_constraint):
            problems.append("deciding_constraint must be words of the stem, letter by letter")
        texts = [option.text for option in self.options]
        if len(set(texts)) != len(texts):
            problems.append("two options have the same text")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _choice_problems(self) -> list[str]:
        keys = [option for option in self.options if option.key]
        if self.kind not in ("single", "multiple"):
            return ["`key` belongs to single and multiple items only"] if keys else []
        problems = []
        if self.kind == "single" and len(keys) != 1:
            problems.append(f"a single item has one key, this one has {len(keys)}")
        if self.kind == "multiple" and not 2 <= len(keys) < len(self.options):
            problems.append(
                f"a multiple response item has two or more keys and a distractor, this one has {len(keys)} keys"
            )
        if len(self.options) < (5 if self.kind == "multiple" else 4):
            problems.append("a single item has at least four options, a multiple response item five")
        problems += [
            f"option {number}: a distractor says what makes it tempting"
            for number, option in enumerate(self.options, start=1)
            if not option.key and option.tempting is None
        ]
        return problems

    def _ordering_problems(self) -> list[str]:
        positions = sorted(option.position for option in self.options if option.position is not None)
        if self.kind != "ordering":
            return ["`position` belongs to ordering items only"] if positions else []
        if len(positions) < 3 or positions != list(range(1, len(positions) + 1)):
            return ["the positions of an ordering item run from 1 without a gap, at least to 3"]
        return []

    def _matching_problems(self) -> list[str]:
        names = [option.name for option in self.options if option.name is not None]
        if self.kind != "matching":
            return ["`prompts` and `name` belong to matching items only"] if names or self.prompts else []
        problems = []
        if len(names) != len(self.options) or len(set(names)) != len(names):
            problems.append("every option of a matching item has a name of its own")
        if not 3 <= len(self.prompts) <= 7:
            problems.append("a matching item has three to seven prompts")
        problems += [
            f"prompt matches {p.match}, which is no option's name" for p in self.prompts if p.match not in names
        ]
        return problems


def _contains_words(stem: str, words: str) -> bool:
    return " ".join(words.split()).lower() in " ".join(stem.split()).lower()


def misconception_problems(item: ItemEntry, between: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    """Yield option index and problem where a distractor's misconception does not lie between it and a key.

    `between` gives the two or more services of each misconception.
    """
    for index, option in enumerate(item.options):
        if option.misconception is None:
            continue
        sides = between.get(option.misconception)
        if sides is None:
            yield index, f"unknown misconception {option.misconception}"
        elif option.about not in sides:
            yield index, f"{option.misconception} is between {', '.join(sides)}; `about` names one of them"
        elif item.kind in ("single", "multiple") and not any(key.about in sides for key in item.options if key.key):
            yield index, f"no key of the item is about a side of {option.misconception}"


class BankFile(BankModel):
    """One file of a bank; a file may hold any of the parts."""

    certification: CertificationEntry | None = None
    services: tuple[ServiceEntry, ...] = Field(default=(), strict=False)
    misconceptions: tuple[MisconceptionEntry, ...] = Field(default=(), strict=False)
    items: tuple[ItemEntry, ...] = Field(default=(), strict=False)


class Bank(BankModel):
    """A whole bank folder, read and cross-checked."""

    certification: CertificationEntry
    services: tuple[ServiceEntry, ...]
    misconceptions: tuple[MisconceptionEntry, ...]
    items: tuple[ItemEntry, ...]
