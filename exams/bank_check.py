"""Check a bank folder against its blueprints, without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from exams.assembly import Candidate, NotEnoughItems, Shortage, apportion, draw_form
from exams.blueprints import BlueprintEntry, BlueprintFile, read_blueprints
from questions.bank_check import Count, counts_of, lint_bank
from questions.bank_files import BankInvalid, BankProblem, LocatedBank, parse_yaml, read_located_bank
from questions.bank_schema import Bank, ExamVersionEntry
from questions.cues import Cue, KeyRate, cues_of, key_rates

ALL = "all"


@dataclasses.dataclass(frozen=True)
class Coverage:
    """Items of an exam version, beside what its entry wants: by domain or task (or all), by pool (or all).

    `need` is 0 where nothing is wanted: single tasks are only wanted over all pools.
    """

    exam: str
    pool: str
    topic: str
    have: int
    need: int

    @property
    def is_short(self) -> bool:
        """Whether items are missing."""
        return self.have < self.need


@dataclasses.dataclass(frozen=True)
class BankCheck:
    """Everything found in a bank folder; counts and tables stay empty where it could not be read."""

    items: int
    errors: list[BankProblem]
    warnings: list[BankProblem]
    coverage: list[Coverage]
    cues: list[Cue]
    key_rates: list[KeyRate]


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
        return BankCheck(0, sorted(errors), [], [], [], [])
    bank = located.bank
    warnings: list[BankProblem] = []
    for item, finding in lint_bank(bank):
        problem = located.places[item].problem(str(finding), finding.path)
        (errors if finding.severity == "error" else warnings).append(problem)
    lines = _blueprint_lines(folder) if blueprints else {}
    for entry in blueprints:
        errors += [BankProblem(*lines[entry.id], entry.id, message) for message in blueprint_problems(bank, entry)]
    errors += [located.places[item].problem(message, ("case",)) for item, message in homeless_cases(bank, blueprints)]
    return BankCheck(
        items=len(bank.items),
        errors=sorted(errors),
        warnings=sorted(warnings),
        coverage=coverage_of(bank),
        cues=cues_of(bank.items),
        key_rates=key_rates(bank.items),
    )


def coverage_of(bank: Bank) -> list[Coverage]:
    """Return what every exam version has and needs: its tasks, its domains by their weights, and all of them."""
    counts = counts_of(bank)
    return [row for version in bank.certification.versions for row in _coverage(version, counts)]


def _coverage(version: ExamVersionEntry, counts: Sequence[Count]) -> Iterator[Coverage]:
    own = [count for count in counts if count.exam == version.id]
    tasks = list(dict.fromkeys(count.task for count in own))
    each_task = version.wanted.each_task if version.wanted else 0
    for pool in [*dict.fromkeys(count.pool for count in own), ALL]:
        here = [count for count in own if pool in (ALL, count.pool)]
        needs = _needs(version, pool)
        for task in tasks:
            have = sum(count.have for count in here if count.task == task)
            yield Coverage(version.id, pool, task, have, each_task if pool == ALL else 0)
        for domain in dict.fromkeys(count.domain for count in own):
            have = sum(count.have for count in here if count.domain == domain)
            yield Coverage(version.id, pool, domain, have, needs.get(domain, 0))
        yield Coverage(version.id, pool, ALL, sum(count.have for count in here), sum(needs.values()))


def _needs(version: ExamVersionEntry, pool: str) -> Mapping[str, int]:
    """Return how many items each domain should have in a pool, by its weight in the outline."""
    wanted = version.wanted.pools if version.wanted else {}
    weights = {topic.code: Decimal(topic.weight or 0) for topic in version.topics if "." not in topic.code}
    seats = sum(count for name, count in wanted.items() if pool in (ALL, name))
    return apportion(weights, seats) if seats else {}


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
