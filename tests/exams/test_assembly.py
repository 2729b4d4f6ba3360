"""A form follows the outline's weights, repeats nothing, and tells nothing by its order."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.assembly import Candidate, NotEnoughItems, apportion, draw_form

domains = st.dictionaries(
    st.sampled_from(["1", "2", "3", "4", "5"]), st.decimals("0.5", "60", places=2), min_size=1, max_size=5
)
WEIGHTS = {"1": Decimal(50), "2": Decimal(30), "3": Decimal(20)}


def pool(sizes: dict[str, int], *, ranks: dict[int, int] | None = None) -> list[Candidate]:
    numbered = [(domain, n) for domain, size in sizes.items() for n in range(size)]
    return [
        Candidate(number, domain, 4, (ranks or {}).get(number, 0))
        for number, (domain, _n) in enumerate(numbered, start=1)
    ]


class TestApportion:
    @given(weights=domains, seats=st.integers(0, 200))
    def test_shares_add_up_and_stay_within_one_of_the_exact_share(
        self, weights: dict[str, Decimal], seats: int
    ) -> None:
        shares = apportion(weights, seats)
        total = sum(weights.values())

        assert sum(shares.values()) == seats
        assert all(abs(shares[domain] - weights[domain] * seats / total) < 1 for domain in weights)

    @given(weights=domains, seats=st.integers(0, 200))
    def test_heavier_domain_never_gets_fewer(self, weights: dict[str, Decimal], seats: int) -> None:
        shares = apportion(weights, seats)
        by_weight = sorted(weights, key=lambda domain: weights[domain])

        for lighter, heavier in pairwise(by_weight):
            assert weights[lighter] == weights[heavier] or shares[lighter] <= shares[heavier]

    def test_tie_goes_to_the_lower_domain(self) -> None:
        assert apportion({"2": Decimal(50), "1": Decimal(50)}, 3) == {"1": 2, "2": 1}


class TestDraw:
    @given(seed=st.integers(0, 2**48), scored=st.integers(1, 12), unscored=st.integers(0, 6))
    def test_form_follows_the_weights_and_repeats_nothing(self, seed: int, scored: int, unscored: int) -> None:
        candidates = pool({"1": 9, "2": 7, "3": 6})
        of = {candidate.version_id: candidate.domain for candidate in candidates}

        form = draw_form(
            candidates=candidates, weights=WEIGHTS, scored_count=scored, unscored_count=unscored, seed=seed
        )

        drawn = [item.version_id for item in form]
        in_domains = Counter(of[item.version_id] for item in form if item.is_scored)
        assert len(set(drawn)) == len(drawn) == scored + unscored
        assert in_domains == Counter(apportion(WEIGHTS, scored))
        assert all(sorted(item.option_order) == [1, 2, 3, 4] for item in form)

    def test_same_seed_gives_the_same_form_whatever_the_order_of_the_pool(self) -> None:
        candidates = pool({"1": 9, "2": 7, "3": 6})

        forms = [
            draw_form(candidates=given, weights=WEIGHTS, scored_count=6, unscored_count=2, seed=11)
            for given in (candidates, candidates[::-1])
        ]
        other = draw_form(candidates=candidates, weights=WEIGHTS, scored_count=6, unscored_count=2, seed=12)

        assert forms[0] == forms[1] != other

    @given(seed=st.integers(0, 2**48))
    def test_unseen_items_go_first(self, seed: int) -> None:
        seen = {1: 1, 2: 1, 3: 2, 4: 2}  # of the eight items of domain 1; the first two were seen least often

        form = draw_form(
            candidates=pool({"1": 8}, ranks=seen),
            weights={"1": Decimal(1)},
            scored_count=6,
            unscored_count=0,
            seed=seed,
        )

        assert {item.version_id for item in form} == {5, 6, 7, 8, 1, 2}

    def test_every_short_domain_is_named(self) -> None:
        with pytest.raises(NotEnoughItems) as caught:
            draw_form(
                candidates=pool({"1": 4, "2": 3, "3": 9}), weights=WEIGHTS, scored_count=10, unscored_count=0, seed=1
            )

        assert [(s.domain, s.need, s.have) for s in caught.value.shortages] == [("1", 5, 4)]
        with pytest.raises(NotEnoughItems, match=r"1: need 50, have 1.*2: need 30, have 0"):
            draw_form(candidates=pool({"1": 1, "3": 20}), weights=WEIGHTS, scored_count=100, unscored_count=0, seed=1)

    def test_pool_too_small_for_unscored_items_is_named_as_a_whole(self) -> None:
        with pytest.raises(NotEnoughItems) as caught:
            draw_form(
                candidates=pool({"1": 5, "2": 3, "3": 2}), weights=WEIGHTS, scored_count=10, unscored_count=1, seed=1
            )

        assert [(s.domain, s.need, s.have) for s in caught.value.shortages] == [("", 11, 10)]

    def test_pool_of_exactly_the_need_is_enough(self) -> None:
        form = draw_form(
            candidates=pool({"1": 5, "2": 3, "3": 2}), weights=WEIGHTS, scored_count=10, unscored_count=0, seed=1
        )

        assert len(form) == 10

    def test_the_place_an_option_is_shown_at_tells_nothing(self) -> None:
        """Two thousand draws of fixed seeds: each of four options stands at each of four places equally often."""
        places: Counter[tuple[int, int]] = Counter()
        for seed in range(2000):
            (item,) = draw_form(
                candidates=pool({"1": 1}), weights={"1": Decimal(1)}, scored_count=1, unscored_count=0, seed=seed
            )
            places.update(enumerate(item.option_order))

        assert len(places) == 16
        assert all(410 < count < 590 for count in places.values()), places  # 500 expected, deviation 19

    def test_scored_and_unscored_items_are_mixed(self) -> None:
        first = Counter(
            draw_form(
                candidates=pool({"1": 9, "2": 7, "3": 6}), weights=WEIGHTS, scored_count=6, unscored_count=6, seed=seed
            )[0].is_scored
            for seed in range(400)
        )

        assert 140 < first[True] < 260  # 200 expected, deviation 10
