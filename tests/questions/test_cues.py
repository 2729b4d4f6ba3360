"""Cues: what tells the key to who knows nothing."""

from __future__ import annotations

import pytest

from questions.bank_schema import ItemEntry
from questions.cues import Cue, KeyRate, cues_of, key_rates, telling_phrases
from tests.factories import item_entry


@pytest.mark.parametrize(("count", "is_suspicious"), [(25, False), (32, False), (36, True), (0, False)])
def test_a_cue_is_suspicious_only_beyond_chance(count: int, is_suspicious: bool) -> None:
    assert Cue("key is the longest option", count, 100, 0.25).is_suspicious is is_suspicious
    assert not Cue("nothing to count", 0, 0, 0.25).is_suspicious


@pytest.mark.parametrize(
    ("keys", "offers", "is_telling"),
    [(0, 5, False), (0, 6, True), (6, 6, True), (3, 20, False), (2, 20, True), (12, 20, False), (13, 20, True)],
)
def test_a_rate_tells_when_it_is_out_of_bounds_and_rests_on_enough(keys: int, offers: int, is_telling: bool) -> None:
    assert KeyRate("north", keys, offers).is_telling is is_telling


def about(number: int, right: str, wrong: str, stem: str, kind: str = "single") -> ItemEntry:
    """Return an item about two services, whose stem goes on as given."""
    entry = item_entry(number, "single")
    options = [
        option.model_copy(update={"about": right if option.key else wrong if place == 0 else None})
        for place, option in enumerate(entry.options)
    ]
    return entry.model_copy(update={"options": tuple(options), "stem": stem, "kind": kind})


def test_rates_count_an_item_once_for_each_service_that_it_offers() -> None:
    items = [about(1, "north", "south", "x"), about(2, "south", "north", "x"), about(3, "north", "east", "x")]
    rates = {rate.about: (rate.keys, rate.offers) for rate in key_rates(items)}
    assert rates == {"north": (2, 3), "south": (1, 2), "east": (0, 1)}
    assert key_rates([about(1, "north", "south", "x", kind="matching")]) == []


def test_a_phrase_after_which_a_service_is_always_the_key_is_named_once_and_at_its_longest() -> None:
    telling = [about(n, "north", "south", f"Day{n} the herd of yaks day{n}") for n in range(1, 9)]
    rest = [about(n, "south", "north", f"Barley grows on field{n} slowly") for n in range(9, 40)]
    found = telling_phrases([*telling, *rest])
    assert [(cue.name, cue.count, cue.total) for cue in found] == [('"the herd of yaks" and north as key', 8, 8)]
    assert found[0] in cues_of([*telling, *rest])


def test_a_phrase_that_goes_with_several_keys_is_no_cue() -> None:
    items = [
        about(n, *(("north", "south") if n % 2 else ("south", "north")), f"Day{n} the herd of yaks day{n}")
        for n in range(1, 40)
    ]
    assert telling_phrases(items) == []


def test_a_bank_without_single_items_has_no_cues() -> None:
    assert cues_of([]) == []
