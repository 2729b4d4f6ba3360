"""What can be said about a whole bank without a database: cues, near-duplicates, coverage. Pure."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from questions.bank_schema import Bank, ItemEntry
from questions.lint import Draft, Finding, LintContext, Severity, lint_draft

SHINGLE = 3  # words
SIMILAR = 0.5  # share of common shingles; two stems about one situation that were written apart stay below 0.2
COMMON_SHINGLE = 40  # one that so many stems have ("with the least effort") says nothing about two of them
DEVIATIONS = 2  # a rate this many standard deviations above chance is a cue

_WORD = re.compile(r"[a-z0-9]+")


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
    for earlier, later, share in near_duplicates({item.id: item.stem for item in bank.items}):
        yield later, duplicate_finding(earlier, share)


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


def duplicate_finding(other: str, share: float) -> Finding:
    """Return the finding about a stem that is nearly another one's."""
    return Finding("warning", "near_duplicate", ("stem",), f"{share:.0%} of it is also in {other}")


def near_duplicates(stems: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """Return pairs of ids whose stems share most of their three-word sequences, with the share.

    Only pairs that share a sequence are compared, so the time grows with the overlap, not with all pairs.
    """
    shingles = {name: _shingles(text) for name, text in stems.items()}
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, parts in shingles.items():
        for part in parts:
            holders[part].append(name)
    common: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        if len(names) <= COMMON_SHINGLE:
            common.update((names[i], later) for i in range(len(names)) for later in names[i + 1 :])
    pairs = [
        (earlier, later, count / min(len(shingles[earlier]), len(shingles[later])))
        for (earlier, later), count in common.items()
    ]
    return [pair for pair in pairs if pair[2] >= SIMILAR]


def nearest(name: str, stem: str, others: Mapping[str, str]) -> list[tuple[str, float]]:
    """Return the other stems that one stem nearly repeats, with the share of common sequences."""
    own = _shingles(stem)
    found = []
    for other, text in others.items():
        theirs = _shingles(text) if other != name else set()
        share = len(own & theirs) / min(len(own), len(theirs)) if own and theirs else 0.0
        if share >= SIMILAR:
            found.append((other, share))
    return found


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return set(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


@dataclasses.dataclass(frozen=True)
class Cue:
    """How often something that could give the key away is so, beside what chance would give."""

    name: str
    count: int
    total: int
    expected: float

    @property
    def rate(self) -> float:
        """The share, 0 where there is nothing to count."""
        return self.count / self.total if self.total else 0.0

    @property
    def is_suspicious(self) -> bool:
        """Whether chance explains it badly: more than two standard deviations above what it would give."""
        chance = self.expected
        return bool(self.total) and self.rate > chance + DEVIATIONS * math.sqrt(chance * (1 - chance) / self.total)


def cues_of(items: Sequence[ItemEntry]) -> list[Cue]:
    """Return the cues of single response items: key as longest or shortest option, and the place of the key."""
    singles = [item for item in items if item.kind == "single"]
    if not singles:
        return []
    chance = sum(1 / len(item.options) for item in singles) / len(singles)
    lengths = [[len(option.text) for option in item.options] for item in singles]
    keys = [next(place for place, option in enumerate(item.options) if option.key) for item in singles]
    longest = sum(_stands_out(sizes, key, max) for sizes, key in zip(lengths, keys, strict=True))
    shortest = sum(_stands_out(sizes, key, min) for sizes, key in zip(lengths, keys, strict=True))
    places = Counter(keys)
    return [
        Cue("key is the longest option", longest, len(singles), chance),
        Cue("key is the shortest option", shortest, len(singles), chance),
        *(
            Cue(f"key is option {place + 1} as written", places[place], len(singles), chance)
            for place in sorted(places)
        ),
    ]


def _stands_out(sizes: list[int], key: int, extreme: Callable[[list[int]], int]) -> bool:
    return sizes[key] == extreme(sizes) and sizes.count(sizes[key]) == 1


@dataclasses.dataclass(frozen=True)
class Coverage:
    """How many items an exam version has in a pool for one task of its outline, skills counted with their task."""

    exam: str
    pool: str
    domain: str
    task: str
    have: int


def coverage_of(bank: Bank) -> list[Coverage]:
    """Return the items of every exam version, pool in use and task, tasks without any included."""
    counts: Counter[tuple[str, str, str]] = Counter(
        (exam, item.pool, _task(code)) for item in bank.items for exam, code in item.placements.items()
    )
    return [
        Coverage(version.id, pool, task.split(".")[0], task, counts[version.id, pool, task])
        for version in bank.certification.versions
        for pool in _pools(bank.items)
        for task in sorted({_task(topic.code) for topic in version.topics if "." in topic.code}, key=_numbers)
    ]


def _pools(items: Iterable[ItemEntry]) -> list[str]:
    return sorted({item.pool for item in items})


def _task(code: str) -> str:
    return ".".join(code.split(".")[:2])


def _numbers(code: str) -> list[int]:
    return [int(part) for part in code.split(".")]
