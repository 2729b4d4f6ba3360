"""Draw a form from a pool by blueprint weights. Pure: the seed decides everything."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A published version that may be drawn; a lower `rank` goes first (0: this person never saw it).

    Items with the same `case` are drawn together, in the order of their `name`.
    """

    version_id: int
    domain: str
    option_count: int
    rank: int = 0
    case: str = ""
    name: str = ""


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


@dataclasses.dataclass(frozen=True)
class _Unit:
    """What is drawn as one: an item, or all items of a case. Anything seen makes the whole unit seen."""

    domain: str
    items: tuple[Candidate, ...]

    @property
    def size(self) -> int:
        return len(self.items)

    @property
    def rank(self) -> int:
        return min((item.rank for item in self.items if item.rank), default=0)


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


def forms_left(
    *, unseen: Mapping[str, int], weights: Mapping[str, Decimal], scored_count: int, unscored_count: int
) -> int:
    """Return how many forms in a row could hold nothing but unseen items, given their number by domain."""
    shares = {domain: share for domain, share in apportion(weights, scored_count).items() if share}
    by_domain = min((unseen.get(domain, 0) // share for domain, share in shares.items()), default=0)
    return min(by_domain, sum(unseen.values()) // max(1, scored_count + unscored_count))


def draw_form(
    *,
    candidates: Sequence[Candidate],
    weights: Mapping[str, Decimal],
    scored_count: int,
    unscored_count: int,
    seed: int,
) -> list[DrawnItem]:
    """Return the items of a form in random order, each with its options shuffled.

    Scored items follow the weights; unscored ones come from the domains that can spare them, so that as many
    later forms as possible find unseen items too. Lower ranks go first; a case stays together. Raises
    NotEnoughItems naming every domain that is short.
    """
    chance = random.Random(seed)  # noqa: S311 (a reproducible draw, not a secret)
    by_domain = _units(candidates)
    shares = apportion(weights, scored_count)
    scored = {domain: _fill(by_domain[domain], shares[domain], chance) for domain in sorted(shares)}
    have = {domain: _size(units) for domain, units in scored.items()}
    shortages = [Shortage(domain, shares[domain], have[domain]) for domain in scored if have[domain] < shares[domain]]
    taken = [unit for units in scored.values() for unit in units]
    used = set(taken)
    rest = [unit for domain in sorted(by_domain) for unit in by_domain[domain] if unit not in used]
    unscored = [] if shortages else _unscored(rest, shares, unscored_count, chance)
    if not shortages and _size(unscored) < unscored_count:
        shortages = [Shortage("", scored_count + unscored_count, scored_count + _size(unscored))]
    if shortages:
        raise NotEnoughItems(shortages)
    return _in_random_order([(unit, True) for unit in taken] + [(unit, False) for unit in unscored], chance)


def draw_drill(*, candidates: Sequence[Candidate], most: int, seed: int) -> list[DrawnItem]:
    """Return up to `most` items in random order, all of them scored, whatever their domain; lower ranks go first.

    Raises NotEnoughItems when there is none at all.
    """
    chance = random.Random(seed)  # noqa: S311 (a reproducible draw, not a secret)
    units = [unit for _domain, group in sorted(_units(candidates).items()) for unit in group]
    drawn = _fill(units, most, chance)
    if not drawn:
        raise NotEnoughItems([Shortage("", 1, 0)])
    return _in_random_order([(unit, True) for unit in drawn], chance)


def _units(candidates: Iterable[Candidate]) -> dict[str, list[_Unit]]:
    groups: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda candidate: (candidate.name, candidate.version_id)):
        # An item without a case is a group of its own.
        groups[candidate.domain, candidate.case or f" {candidate.version_id}"].append(candidate)
    by_domain: dict[str, list[_Unit]] = defaultdict(list)
    for (domain, _case), items in groups.items():
        by_domain[domain].append(_Unit(domain, tuple(items)))
    return by_domain


def _size(units: Iterable[_Unit]) -> int:
    return sum(unit.size for unit in units)


def _fill(units: Sequence[_Unit], seats: int, chance: random.Random) -> list[_Unit]:
    """Return units for these seats, lower ranks first and by chance among equals, or as many as fit.

    A unit is taken when the seats it leaves can be filled exactly by those after it.
    """
    ordered = sorted(chance.sample(units, len(units)), key=lambda unit: unit.rank)
    reachable = [1]  # bit n: the units from here to the end can fill n seats exactly
    for unit in reversed(ordered):
        reachable.append(reachable[-1] | reachable[-1] << unit.size)
    reachable.reverse()
    left = max(n for n in range(seats + 1) if reachable[0] >> n & 1)
    taken = []
    for unit, after in zip(ordered, reachable[1:], strict=True):
        if unit.size <= left and after >> (left - unit.size) & 1:
            taken.append(unit)
            left -= unit.size
    return taken


def _unscored(rest: Sequence[_Unit], shares: Mapping[str, int], count: int, chance: random.Random) -> list[_Unit]:
    """Return units for the unscored items, from what is left when later forms have been provided for."""
    unseen = Counter[str]()
    for unit in rest:
        unseen[unit.domain] += unit.size if unit.rank == 0 else 0
    forms = _forms_to_keep(unseen, shares, count)
    spare = {domain: unseen[domain] - forms * shares.get(domain, 0) for domain in unseen}
    offered = []
    for unit in chance.sample(rest, len(rest)):
        if unit.rank == 0:
            if spare[unit.domain] < unit.size:
                continue
            spare[unit.domain] -= unit.size
        offered.append(unit)
    drawn = _fill(offered, count, chance)
    return drawn if _size(drawn) == count else _fill(rest, count, chance)


def _forms_to_keep(unseen: Mapping[str, int], shares: Mapping[str, int], unscored_count: int) -> int:
    """Return for how many more forms of unseen items this one can leave enough in every domain."""
    form = sum(shares.values()) + unscored_count
    most = (sum(unseen.values()) - unscored_count) // form if form else 0
    for forms in range(most, 0, -1):
        kept = {domain: forms * share for domain, share in shares.items()}
        spare = sum(max(0, unseen.get(domain, 0) - kept.get(domain, 0)) for domain in {*unseen, *kept})
        if spare >= unscored_count and all(unseen.get(domain, 0) >= kept[domain] for domain in kept):
            return forms
    return 0


def _in_random_order(units: list[tuple[_Unit, bool]], chance: random.Random) -> list[DrawnItem]:
    chance.shuffle(units)
    return [
        DrawnItem(item.version_id, _shuffled(item.option_count, chance), is_scored)
        for unit, is_scored in units
        for item in unit.items
    ]


def _shuffled(count: int, chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.sample(range(1, count + 1), count))
