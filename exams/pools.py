"""What may be drawn for a person: the pools, what is kept out of them, and how much of them is still fresh.

The practice pool is for practice and drills, the mock pool for mocks, the sealed form is sat once. What a person saw
in a closed mock joins practice and drills for that person. The sealed form's items never do.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import Case, Count, Q, QuerySet, When
from django.db.models.functions import Coalesce

from exams.assembly import Candidate, forms_left
from exams.focus import Focus, FocusKind
from exams.models import REVEALING_MODES, Attempt, AttemptItem, ExamBlueprint
from exams.owners import Owner
from questions.models import Option, Placement, Scenario, Topic

# Ranks of what was seen, in practice and drills: what was missed comes back before the rest.
_MISSED, _SEEN = 1, 2


@dataclasses.dataclass(frozen=True)
class FreshLeft:
    """How much a person has not seen yet: whole mocks, and items to practise with."""

    mocks: int
    practice_items: int


def candidates(*, owner: Owner, blueprint: ExamBlueprint, focus: Focus | None) -> list[Candidate]:
    """Return what may be drawn for a person, with ranks and cases. Two queries, and one for a focus that needs it."""
    ranks = _practice_ranks(owner) if blueprint.reveals_on_check else _mock_ranks(owner)
    rows = (
        _placements(owner, blueprint)
        .filter(_about(focus, owner, ranks))
        .exclude(scenario__in=sealed_scenarios(owner))
        .annotate(option_count=Count("scenario__published_version__options"), area=_domain_code())
        .values_list(
            "scenario_id", "scenario__published_version_id", "area", "option_count", "scenario__case", "scenario__slug"
        )
    )
    return [
        Candidate(version_id, domain, option_count, ranks.get(scenario_id, 0), case, slug)
        for scenario_id, version_id, domain, option_count, case, slug in rows
    ]


def fresh_left(
    *, owner: Owner, exam_version_id: int, blueprints: Sequence[ExamBlueprint], weights: Mapping[str, Decimal]
) -> FreshLeft:
    """Return how many unseen mocks and practice items are left, by the first mock and practice. One query."""
    rows = (
        Placement.objects.filter(exam_version=exam_version_id, scenario__state=Scenario.State.PUBLISHED)
        .exclude(scenario__in=_shown(owner).values("version__scenario"))
        .order_by()
        .values_list("pool", _domain_code(), "scenario__published_version__kind", "scenario__case")
        .annotate(Count("pk"))
    )
    counts = [_Count(pool, domain, kind, bool(case), count) for pool, domain, kind, case, count in rows]
    mock = next((b for b in blueprints if (b.mode, b.pool) == ("mock", "mock")), None)
    practice = next((b for b in blueprints if b.mode == "practice"), None)
    mocks = 0
    if mock:
        mocks = forms_left(
            unseen=_unseen(counts, mock),
            weights=weights,
            scored_count=mock.scored_count,
            unscored_count=mock.unscored_count,
        )
    return FreshLeft(mocks, sum(_unseen(counts, practice).values()) if practice else 0)


@dataclasses.dataclass(frozen=True)
class _Count:
    pool: str
    domain: str
    kind: str
    is_case: bool
    items: int


def _unseen(counts: Sequence[_Count], blueprint: ExamBlueprint) -> Counter[str]:
    unseen = Counter[str]()
    for count in counts:
        is_taken = count.pool == blueprint.pool and count.kind in blueprint.kinds
        if is_taken and (blueprint.takes_cases or not count.is_case):
            unseen[count.domain] += count.items
    return unseen


def weights_of(domains: Iterable[Topic]) -> dict[str, Decimal]:
    """Return the weights of domains by code."""
    return {topic.code: topic.weight or Decimal(0) for topic in domains}


def sealed_scenarios(owner: Owner) -> QuerySet[AttemptItem, int]:
    """Return the scenarios in this owner's open sealed attempts: no other page may explain or draw them."""
    return (
        AttemptItem.objects.filter(owner.owns("attempt__"), attempt__state=Attempt.State.OPEN)
        .exclude(attempt__blueprint__mode__in=REVEALING_MODES)
        .values_list("version__scenario_id", flat=True)
    )


def sealed_scenario_ids(owner: Owner) -> list[int]:
    """Return `sealed_scenarios` as a list. One query."""
    return list(sealed_scenarios(owner))


def sealed_form_attempt(*, owner: Owner, exam_version_id: int) -> Attempt | None:
    """Return the attempt that used up the sealed form of an exam version for a person, or None. One query.

    Exam versions may share their sealed items, and whoever saw them in one of them has seen the form.
    """
    of_this_form = Placement.objects.filter(exam_version=exam_version_id, pool=Placement.Pool.SEALED)
    return (
        Attempt.objects.filter(
            owner.owns(),
            blueprint__pool=Placement.Pool.SEALED,
            items__version__scenario__in=of_this_form.values("scenario"),
        )
        .select_related("blueprint")
        .order_by("started_at")
        .first()
    )


def _domain_code() -> Coalesce:
    return Coalesce("topic__domain__code", "topic__code")


def _placements(owner: Owner, blueprint: ExamBlueprint) -> QuerySet[Placement]:
    pool = Q(pool=blueprint.pool)
    if blueprint.reveals_on_check:
        closed = _seen(owner).exclude(attempt__state=Attempt.State.OPEN)
        pool |= Q(pool=Placement.Pool.MOCK, scenario__in=closed.values("version__scenario"))
    placements = Placement.objects.filter(
        pool,
        exam_version=blueprint.exam_version_id,
        scenario__state=Scenario.State.PUBLISHED,
        scenario__published_version__kind__in=blueprint.kinds,
    )
    return placements if blueprint.takes_cases else placements.filter(scenario__case="")


def _about(focus: Focus | None, owner: Owner, ranks: Mapping[int, int]) -> Q:
    if focus is None:
        return Q()
    value = focus.value
    match focus.kind:
        case FocusKind.TOPIC:
            return Q(topic__code=value) | Q(topic__domain__code=value) | Q(topic__task__code=value)
        case FocusKind.SERVICE:
            return Q(scenario__in=Scenario.objects.filter(services__slug=value))
        case FocusKind.CONFUSION:
            versions = Option.objects.filter(misconception__slug=value).values("version")
            return Q(scenario__published_version__in=versions)
        case FocusKind.MISSED:
            return Q(scenario__in=[scenario for scenario, rank in ranks.items() if rank == _MISSED])
        case FocusKind.FLAGGED:
            return Q(scenario__in=_flagged(owner))


# An item that was answered without a connection was seen, though the server was not asked for its page.
_WAS_SEEN = Q(seen_at__isnull=False) | Q(saved_at__isnull=False)
_NEWEST_SIGHT = Coalesce("seen_at", "saved_at").desc()


def _seen(owner: Owner) -> QuerySet[AttemptItem]:
    """Return what this person had before their eyes."""
    return AttemptItem.objects.filter(_WAS_SEEN, owner.owns("attempt__"))


def _shown(owner: Owner) -> QuerySet[AttemptItem]:
    """Return what is not fresh any more: seen, or explained on the result page of a closed attempt."""
    return AttemptItem.objects.filter(_WAS_SEEN | ~Q(attempt__state=Attempt.State.OPEN), owner.owns("attempt__"))


def _mock_ranks(owner: Owner) -> dict[int, int]:
    """Return how often each scenario was used: what was used least often goes first. One query."""
    return dict(_shown(owner).order_by().values_list("version__scenario_id").annotate(times=Count("pk")))


def _practice_ranks(owner: Owner) -> dict[int, int]:
    """Return the rank of each scenario that was seen, by the outcome it had last. One query."""
    latest = (
        _seen(owner)
        .order_by("version__scenario_id", Case(When(outcome="", then=1), default=0), _NEWEST_SIGHT)
        .distinct("version__scenario_id")
    )
    return {
        scenario_id: _MISSED if outcome == AttemptItem.Outcome.WRONG else _SEEN
        for scenario_id, outcome in latest.values_list("version__scenario_id", "outcome")
    }


def _flagged(owner: Owner) -> list[int]:
    """Return the scenarios that were flagged when they were seen last. One query."""
    latest = _seen(owner).order_by("version__scenario_id", _NEWEST_SIGHT).distinct("version__scenario_id")
    return [
        scenario_id
        for scenario_id, is_flagged in latest.values_list("version__scenario_id", "is_flagged")
        if is_flagged
    ]
