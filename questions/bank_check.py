"""What can be said about a whole bank without a database: findings, near-duplicates, coverage. Pure."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from questions.bank_schema import Bank, ItemEntry, Pool
from questions.lint import Draft, Finding, LintContext, Severity, lint_draft
from questions.similarity import near_duplicates


def context_of(bank: Bank) -> LintContext:
    """Return what the lint rules need to know of a bank."""
    status = {service.id: service.lifecycle.status for service in bank.services if service.lifecycle}
    return LintContext(
        ended=frozenset(slug for slug, state in status.items() if state == "ended"),
        closed_to_new=frozenset(slug for slug, state in status.items() if state == "closed_to_new"),
        current_exams=frozenset(version.id for version in bank.certification.versions if version.is_current),
        between={misconception.id: misconception.between for misconception in bank.misconceptions},
    )


def draft_of(item: ItemEntry) -> Draft:
    """Return an entry as the plain data that lint reads."""
    return item.model_dump(exclude_none=True)


def lint_bank(bank: Bank) -> Iterator[tuple[str, Finding]]:
    """Yield item id and finding for every item, uneven cases and near-duplicate stems included (named at the later)."""
    context = context_of(bank)
    for item in bank.items:
        for finding in lint_draft(draft_of(item), context):
            yield item.id, finding
    yield from case_findings({item.id: draft_of(item) for item in bank.items}, severity="error")
    keys = {item.id: _keys(item) for item in bank.items}
    for earlier, later, likeness in near_duplicates({item.id: item.stem for item in bank.items}):
        if keys[earlier] == keys[later]:
            yield later, duplicate_finding(earlier, likeness)


def case_findings(drafts: Mapping[str, Draft], *, severity: Severity) -> Iterator[tuple[str, Finding]]:
    """Yield id and finding for every item that differs from the first of its case in what they have to share.

    The items of a case are drawn together and stand side by side, in the order of their ids, below one text.
    """
    cases: dict[str, list[str]] = defaultdict(list)
    for name in sorted(drafts):
        if case := (drafts[name].get("case") or {}).get("id"):
            cases[case].append(name)
    for case, (first, *others) in cases.items():
        wanted = _shared_by_case(drafts[first])
        for name in others:
            found = _shared_by_case(drafts[name])
            for what in (what for what in wanted if found[what] != wanted[what]):
                message = f"the items of {case} share their {what}, but {name} and {first} differ"
                yield name, Finding(severity, "case_differs", ("case",), message)


def _shared_by_case(draft: Draft) -> dict[str, object]:
    placements: Mapping[str, str] = draft.get("placements") or {}
    return {
        "text": " ".join(str(draft["case"].get("text") or "").split()),
        "pool": draft.get("pool"),
        "exams": sorted(placements),
        "domain": {exam: code.split(".")[0] for exam, code in placements.items()},
    }


def _keys(item: ItemEntry) -> list[str]:
    """Return what earns the mark, in words: two near-equal stems with other keys are a flip pair, not duplicates."""
    pairs = [f"{prompt.text} {prompt.match}" for prompt in item.prompts]
    return sorted(pairs or (o.text for o in item.options if o.key or o.position))


def duplicate_finding(other: str, likeness: float) -> Finding:
    """Return the finding about a stem that is nearly another one's."""
    message = f"{likeness:.0%} like {other}; keep it when one changed constraint gives it another key"
    return Finding("warning", "near_duplicate", ("stem",), message)


@dataclasses.dataclass(frozen=True)
class Count:
    """How many items an exam version has in a pool for one task of its outline, skills counted with their task."""

    exam: str
    pool: Pool
    task: str
    have: int

    @property
    def domain(self) -> str:
        """The domain of the task."""
        return self.task.split(".")[0]


def counts_of(bank: Bank) -> list[Count]:
    """Return the items of every exam version, pool in use and task, tasks without any included."""
    counts: Counter[tuple[str, str, str]] = Counter(
        (exam, item.pool, _task(code)) for item in bank.items for exam, code in item.placements.items()
    )
    return [
        Count(version.id, pool, task, counts[version.id, pool, task])
        for version in bank.certification.versions
        for pool in sorted({item.pool for item in bank.items})
        for task in sorted({_task(topic.code) for topic in version.topics if "." in topic.code}, key=_numbers)
    ]


def _task(code: str) -> str:
    return ".".join(code.split(".")[:2])


def _numbers(code: str) -> list[int]:
    return [int(part) for part in code.split(".")]
