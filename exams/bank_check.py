"""Check a bank folder against its blueprints, without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from exams.assembly import Candidate, NotEnoughItems, Shortage, draw_form
from exams.blueprints import BlueprintEntry, BlueprintFile, read_blueprints
from questions.bank_check import Coverage, Cue, coverage_of, cues_of, lint_bank
from questions.bank_files import BankInvalid, BankProblem, LocatedBank, parse_yaml, read_located_bank
from questions.bank_schema import Bank, ExamVersionEntry


@dataclasses.dataclass(frozen=True)
class BankCheck:
    """Everything found in a bank folder; counts and tables stay empty where it could not be read."""

    items: int
    errors: list[BankProblem]
    warnings: list[BankProblem]
    coverage: list[Coverage]
    cues: list[Cue]


def check_bank(folder: Path) -> BankCheck:
    """Read a folder and return every problem, the lint findings, coverage and cues."""
    errors: list[BankProblem] = []
    located: LocatedBank | None = None
    blueprints: list[BlueprintEntry] = []
    try:
        located = read_located_bank(folder)
    except BankInvalid as error:
        errors += error.problems
    try:
        blueprints = read_blueprints(folder)
    except BankInvalid as error:
        errors += error.problems
    if located is None:
        return BankCheck(0, sorted(errors), [], [], [])
    bank = located.bank
    warnings: list[BankProblem] = []
    for item, finding in lint_bank(bank):
        problem = located.places[item].problem(str(finding), finding.path)
        (errors if finding.severity == "error" else warnings).append(problem)
    lines = _blueprint_lines(folder) if blueprints else {}
    for entry in blueprints:
        errors += [BankProblem(*lines[entry.id], entry.id, message) for message in blueprint_problems(bank, entry)]
    errors += [located.places[item].problem(message, ("case",)) for item, message in homeless_cases(bank, blueprints)]
    cues = cues_of(bank.items)
    return BankCheck(len(bank.items), sorted(errors), sorted(warnings), coverage_of(bank), cues)


def blueprint_problems(bank: Bank, blueprint: BlueprintEntry) -> list[str]:
    """Return why a blueprint could not be drawn from a bank: an unknown exam, or too few items."""
    version = next((v for v in bank.certification.versions if v.id == blueprint.exam), None)
    if version is None:
        return [f"unknown exam {blueprint.exam}"]
    return [_in_words(shortage, version) for shortage in shortages(bank, blueprint, version)]


def homeless_cases(bank: Bank, blueprints: Sequence[BlueprintEntry]) -> Iterator[tuple[str, str]]:
    """Yield item id and problem for every item of a case in an exam none of whose blueprints takes cases."""
    takes_cases = {blueprint.exam for blueprint in blueprints if blueprint.cases}
    for item in bank.items:
        for exam in item.placements if item.case else ():
            if exam not in takes_cases:
                yield item.id, f"no blueprint of {exam} takes cases, so this item would never be drawn"


def shortages(bank: Bank, blueprint: BlueprintEntry, version: ExamVersionEntry) -> Sequence[Shortage]:
    """Return what a first draw from the bank would be short of."""
    candidates = [
        Candidate(
            version_id=number,
            domain=item.placements[version.id].split(".")[0],
            option_count=len(item.options),
            case=item.case.id if item.case else "",
            name=item.id,
        )
        for number, item in enumerate(bank.items)
        if version.id in item.placements
        and item.pool == blueprint.pool
        and item.kind in blueprint.kinds
        and (blueprint.cases or item.case is None)
    ]
    try:
        draw_form(
            candidates=candidates,
            weights={t.code: Decimal(t.weight or 0) for t in version.topics if "." not in t.code},
            scored_count=blueprint.scored_count,
            unscored_count=blueprint.unscored_count,
            seed=0,
        )
    except NotEnoughItems as error:
        return error.shortages
    return []


def _in_words(shortage: Shortage, version: ExamVersionEntry) -> str:
    place = f"domain {shortage.domain} of {version.id}" if shortage.domain else f"the pool of {version.id}"
    return f"needs {shortage.need} items from {place}, which has {shortage.have}"


def _blueprint_lines(folder: Path) -> dict[str, tuple[str, int]]:
    """Return file and line of each blueprint. Call it for files that could be read."""
    lines = {}
    for path in sorted((folder / "blueprints").glob("*.yaml")):
        parsed = parse_yaml(path.name, path.read_text(encoding="utf-8"))
        for index, entry in enumerate(BlueprintFile.model_validate(parsed.value).blueprints):
            lines[entry.id] = path.name, parsed.line(("blueprints", index))
    return lines
