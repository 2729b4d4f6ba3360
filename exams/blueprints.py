"""Blueprints from the bank folder into the database: how each kind of sitting is made up is data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from exams.models import CASE, ExamBlueprint
from questions.bank_files import BankInvalid, parse_yaml, shape_problems
from questions.bank_schema import BankModel, Kind, Line, Pool, Slug
from questions.models import ExamVersion


class BlueprintEntry(BankModel):
    """One blueprint as its file has it; minutes are left out for an untimed sitting. `cases`: it takes case studies."""

    id: Slug
    exam: Slug
    name: Line
    mode: Literal["mock", "mini", "sample", "practice", "drill"]
    pool: Pool
    minutes: int | None = Field(default=None, ge=1)
    grace_seconds: int = Field(default=30, ge=0)
    scored_count: int = Field(ge=1)
    unscored_count: int = Field(default=0, ge=0)
    kinds: tuple[Kind, ...] = Field(strict=False, min_length=1)
    cases: bool = False
    practice_target: int = Field(ge=1, le=100)
    practice_target_reason: Line


class BlueprintFile(BankModel):
    """The file `blueprints/*.yaml` of a bank folder."""

    blueprints: tuple[BlueprintEntry, ...] = Field(strict=False)


def read_blueprints(folder: Path) -> list[BlueprintEntry]:
    """Read `folder/blueprints/*.yaml`. Raises BankInvalid naming file, entry and line of every problem."""
    entries: list[BlueprintEntry] = []
    problems = []
    for path in sorted((folder / "blueprints").glob("*.yaml")):
        try:
            parsed = parse_yaml(path.name, path.read_text(encoding="utf-8"))
        except BankInvalid as error:
            problems += error.problems
            continue
        try:
            entries += BlueprintFile.model_validate(parsed.value).blueprints
        except ValidationError as error:
            problems += shape_problems(parsed, error)
    if problems:
        raise BankInvalid(problems)
    return entries


def load_blueprints(entries: list[BlueprintEntry]) -> int:
    """Write the blueprints of a bank; return how many. Safe to repeat. Attempts keep what they were drawn by."""
    versions = {version.slug: version for version in ExamVersion.objects.all()}
    for order, entry in enumerate(entries):
        ExamBlueprint.objects.update_or_create(
            slug=entry.id,
            defaults={
                "exam_version": versions[entry.exam],
                "order": order,
                "kinds": [*entry.kinds, *([CASE] if entry.cases else [])],
                **entry.model_dump(exclude={"id", "exam", "kinds", "cases"}),
            },
        )
    return len(entries)
