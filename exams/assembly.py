"""Draw a form from a pool by blueprint weights. Pure: the seed decides everything."""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A published version that may be drawn; a lower `rank` goes first (0: this person never saw it)."""

    version_id: int
    domain: str
    option_count: int
    rank: int = 0


@dataclasses.dataclass(frozen=True)
class DrawnItem:
    """An item of the form, in its place, with the order its options are shown in (positions from 1)."""

    version_id: int
    option_order: tuple[int, ...]
    is_scored: bool


@dataclasses.dataclass(frozen=True)
class Shortage:
    """A domain that has fewer items than the form needs; an empty domain means the whole pool."""

    domain: str
    need: int
    have: int


class NotEnoughItems(Exception):
    """The pool cannot fill the form; `shortages` names each domain that is short."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = list(shortages)
        super().__init__(", ".join(f"{s.domain or 'pool'}: need {s.need}, have {s.have}" for s in self.shortages))


def apportion(weights: Mapping[str, Decimal], seats: int) -> dict[str, int]:
    """Share seats out by weight with the largest remainder method (Hamilton); ties go to the lower domain.

    The shares add up to `seats`, and none is further than one from its exact share.
    """
    total = sum(weights.values())
    exact = {domain: weight * seats / total for domain, weight in weights.items()}
    shares = {domain: int(share) for domain, share in exact.items()}
    by_remainder = sorted(exact, key=lambda domain: (shares[domain] - exact[domain], domain))
    for domain in by_remainder[: seats - sum(shares.values())]:
        shares[domain] += 1
    return shares


def draw_form(
    *,
    candidates: Sequence[Candidate],
    weights: Mapping[str, Decimal],
    scored_count: int,
    unscored_count: int,
    seed: int,
) -> list[DrawnItem]:
    """Return the items of a form in random order, each with its options shuffled.

    Scored items follow the weights; unscored ones come from what is left of the whole pool. Lower ranks
    go first. Raises NotEnoughItems naming every domain that is short.
    """
    chance = random.Random(seed)  # noqa: S311 (a reproducible draw, not a secret)
    by_domain: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda candidate: candidate.version_id):
        by_domain[candidate.domain].append(candidate)
    shares = apportion(weights, scored_count)
    shortages = [
        Shortage(domain, need, len(by_domain[domain]))
        for domain, need in shares.items()
        if need > len(by_domain[domain])
    ]
    if not shortages and len(candidates) < scored_count + unscored_count:
        shortages = [Shortage("", scored_count + unscored_count, len(candidates))]
    if shortages:
        raise NotEnoughItems(shortages)
    scored = [c for domain in sorted(shares) for c in _lowest_ranks(by_domain[domain], shares[domain], chance)]
    taken = {candidate.version_id for candidate in scored}
    rest = [
        candidate
        for domain in sorted(by_domain)
        for candidate in by_domain[domain]
        if candidate.version_id not in taken
    ]
    unscored = _lowest_ranks(rest, unscored_count, chance)
    form = [(candidate, True) for candidate in scored] + [(candidate, False) for candidate in unscored]
    chance.shuffle(form)
    return [DrawnItem(c.version_id, _shuffled(c.option_count, chance), is_scored) for c, is_scored in form]


def _lowest_ranks(candidates: Sequence[Candidate], count: int, chance: random.Random) -> list[Candidate]:
    shuffled = chance.sample(candidates, len(candidates))
    return sorted(shuffled, key=lambda candidate: candidate.rank)[:count]


def _shuffled(count: int, chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.sample(range(1, count + 1), count))
