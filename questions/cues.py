"""What gives keys away without knowing anything: lengths, places, favoured services, telling phrases. Pure."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from questions.bank_schema import ItemEntry

DEVIATIONS = 2  # a rate this many standard deviations above chance is a cue
MANY_DEVIATIONS = 3  # for phrases: thousands are tried, so some stand out by chance
FEW_OFFERS = 6  # below this a rate of a service says nothing
LOWEST_RATE, HIGHEST_RATE = 0.15, 0.60  # a service outside is hardly ever, or nearly always, the key where offered
PHRASE_WORDS = (2, 3, 4)
FEW_PHRASES = 5  # items that have the phrase and offer the service

_WORD = re.compile(r"[a-z0-9]+")


@dataclasses.dataclass(frozen=True)
class Cue:
    """How often something that could give the key away is so, beside what chance would give."""

    name: str
    count: int
    total: int
    expected: float
    deviations: int = DEVIATIONS

    @property
    def rate(self) -> float:
        """The share, 0 where there is nothing to count."""
        return self.count / self.total if self.total else 0.0

    @property
    def is_suspicious(self) -> bool:
        """Whether chance explains it badly: so many standard deviations above what it would give."""
        chance = self.expected
        spread = math.sqrt(chance * (1 - chance) / self.total) if self.total else 0.0
        return bool(self.total) and self.rate > chance + self.deviations * spread


@dataclasses.dataclass(frozen=True)
class KeyRate:
    """In how many of the items that offer a service, feature, technique or concept it is a key."""

    about: str
    keys: int
    offers: int

    @property
    def rate(self) -> float:
        """The share of the offers in which it is a key."""
        return self.keys / self.offers

    @property
    def is_telling(self) -> bool:
        """Whether a guesser would gain by always, or never, choosing it."""
        return self.offers >= FEW_OFFERS and not LOWEST_RATE <= self.rate <= HIGHEST_RATE


def cues_of(items: Sequence[ItemEntry]) -> list[Cue]:
    """Return the cues of single response items (key as longest or shortest option, its place) and telling phrases."""
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
        *telling_phrases(items),
    ]


def key_rates(items: Sequence[ItemEntry]) -> list[KeyRate]:
    """Return the rate of everything that options of choice items are about, by name."""
    offers: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    for item in items:
        offered, right = _offered(item)
        offers.update(offered)
        keys.update(right)
    return [KeyRate(about, keys[about], offers[about]) for about in sorted(offers)]


def telling_phrases(items: Sequence[ItemEntry]) -> list[Cue]:
    """Return the phrases of stems after which a service is the key far more often than where it is offered at all.

    Looks at two to four words in a row. Of phrases about the same items only the longest is named.
    """
    usual = {rate.about: rate.rate for rate in key_rates(items)}
    holders: dict[str, set[int]] = defaultdict(set)
    for number, item in enumerate(items):
        for phrase in _phrases(item.stem):
            holders[phrase].add(number)
    longest: dict[tuple[frozenset[int], str], Cue] = {}
    for phrase in sorted(holders, key=len):
        numbers = holders[phrase]
        if len(numbers) >= FEW_PHRASES:
            for about, count, total in _tally([items[number] for number in numbers]):
                cue = Cue(f'"{phrase}" and {about} as key', count, total, usual[about], MANY_DEVIATIONS)
                if total >= FEW_PHRASES and cue.is_suspicious:
                    longest[frozenset(numbers), about] = cue
    return sorted(longest.values(), key=lambda cue: cue.name)


def _tally(items: Sequence[ItemEntry]) -> Iterator[tuple[str, int, int]]:
    """Yield what options are about, with how often it is a key and how often it is offered."""
    return ((rate.about, rate.keys, rate.offers) for rate in key_rates(items) if rate.keys)


def _offered(item: ItemEntry) -> tuple[set[str], set[str]]:
    """Return what the options of a choice item are about, and which of these are right. Other kinds: nothing."""
    if item.kind not in ("single", "multiple"):
        return set(), set()
    offered = {option.about for option in item.options if option.about}
    return offered, {option.about for option in item.options if option.about and option.key}


def _phrases(text: str) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    for length in PHRASE_WORDS:
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _stands_out(sizes: list[int], key: int, extreme: Callable[[list[int]], int]) -> bool:
    return sizes[key] == extreme(sizes) and sizes.count(sizes[key]) == 1
