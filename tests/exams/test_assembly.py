"""A form follows the outline's weights, repeats nothing, and tells nothing by its order."""

from __future__ import annotations

import dataclasses
from collections import Counter
from decimal import Decimal
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.assembly import Candidate, DrawnItem, NotEnoughItems, apportion, draw_drill, draw_form, forms_left

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


sizes = st.fixed_dictionaries({domain: st.integers(0, 30) for domain in WEIGHTS})


def forms_in_a_row(candidates: list[Candidate], count: int, *, scored: int, unscored: int) -> list[list[DrawnItem]]:
    """Draw forms one after the other, each with what the earlier ones used up as seen."""
    used: Counter[int] = Counter()
    forms = []
    for seed in range(count):
        seen = [dataclasses.replace(candidate, rank=used[candidate.version_id]) for candidate in candidates]
        form = draw_form(candidates=seen, weights=WEIGHTS, scored_count=scored, unscored_count=unscored, seed=seed)
        used.update(item.version_id for item in form)
        forms.append(form)
    return forms


class TestFormsInARow:
    @given(sizes=sizes, scored=st.integers(1, 12), unscored=st.integers(0, 6))
    def test_share_no_item_while_the_pool_allows(self, sizes: dict[str, int], scored: int, unscored: int) -> None:
        count = forms_left(unseen=sizes, weights=WEIGHTS, scored_count=scored, unscored_count=unscored)

        forms = forms_in_a_row(pool(sizes), count, scored=scored, unscored=unscored)

        drawn = [item.version_id for form in forms for item in form]
        assert len(set(drawn)) == len(drawn) == count * (scored + unscored)

    @given(sizes=sizes, scored=st.integers(1, 12), unscored=st.integers(0, 6))
    def test_no_more_are_promised_than_there_are_items(self, sizes: dict[str, int], scored: int, unscored: int) -> None:
        count = forms_left(unseen=sizes, weights=WEIGHTS, scored_count=scored, unscored_count=unscored)
        shares = apportion(WEIGHTS, scored)

        one_more = {domain: (count + 1) * share for domain, share in shares.items()}
        assert any(one_more[domain] > sizes[domain] for domain in sizes) or sum(sizes.values()) < (count + 1) * (
            scored + unscored
        )

    def test_unscored_items_come_from_the_domain_that_can_spare_them(self) -> None:
        """Two forms need ten of domain 1, six of domain 2 and four of domain 3; only domain 2 has more."""
        candidates = pool({"1": 10, "2": 12, "3": 4})
        for seed in range(50):
            form = draw_form(candidates=candidates, weights=WEIGHTS, scored_count=10, unscored_count=3, seed=seed)
            unscored = [item.version_id for item in form if not item.is_scored]
            assert all(10 < number <= 22 for number in unscored)

    def test_nothing_is_kept_back_from_the_last_form(self) -> None:
        form = draw_form(
            candidates=pool({"1": 6, "2": 4, "3": 3}), weights=WEIGHTS, scored_count=10, unscored_count=3, seed=1
        )

        assert len(form) == 13


def with_cases(sizes: dict[str, int], cases: list[int]) -> list[Candidate]:
    """Return a pool with cases of these sizes in domain 1, besides its other items."""
    plain = pool(sizes)
    extra = [
        Candidate(1000 + 10 * number + place, "1", 4, case=f"case-{number}", name=f"case-{number}-{9 - place}")
        for number, size in enumerate(cases)
        for place in range(size)
    ]
    return [*plain, *extra]


class TestCases:
    @given(
        cases=st.lists(st.integers(2, 4), max_size=4),
        size=st.integers(0, 10),
        scored=st.integers(1, 14),
        unscored=st.integers(0, 5),
        seed=st.integers(0, 2**32),
    )
    def test_are_whole_adjacent_and_in_the_order_of_their_ids(
        self, cases: list[int], size: int, scored: int, unscored: int, seed: int
    ) -> None:
        candidates = with_cases({"1": size, "2": 9, "3": 9}, cases)
        by_version = {candidate.version_id: candidate for candidate in candidates}
        try:
            form = draw_form(
                candidates=candidates, weights=WEIGHTS, scored_count=scored, unscored_count=unscored, seed=seed
            )
        except NotEnoughItems:
            return

        drawn = [(by_version[item.version_id], item.is_scored) for item in form]
        runs = [(case, list(run)) for case, run in groupby(drawn, key=lambda pair: pair[0].case) if case]
        assert len({case for case, _run in runs}) == len(runs)
        for case, run in runs:
            whole = sorted(candidate.name for candidate in candidates if candidate.case == case)
            assert [candidate.name for candidate, _ in run] == whole
            assert len({is_scored for _, is_scored in run}) == 1
        scored_domains = Counter(candidate.domain for candidate, is_scored in drawn if is_scored)
        assert scored_domains == +Counter(apportion(WEIGHTS, scored))

    def test_too_large_for_the_seats_is_left_out_and_never_cut(self) -> None:
        with pytest.raises(NotEnoughItems, match="1: need 2, have 1"):
            draw_form(
                candidates=with_cases({"1": 1}, [3]),
                weights={"1": Decimal(1)},
                scored_count=2,
                unscored_count=0,
                seed=1,
            )

    @given(seed=st.integers(0, 2**32))
    def test_seats_are_filled_to_the_last_whatever_comes_first(self, seed: int) -> None:
        """Three and two are no four, so the case of three stays out even when it comes first."""
        form = draw_form(
            candidates=with_cases({}, [3, 2, 2]),
            weights={"1": Decimal(1)},
            scored_count=4,
            unscored_count=0,
            seed=seed,
        )

        assert len(form) == 4

    def test_counts_as_seen_when_one_of_its_items_was(self) -> None:
        candidates = with_cases({"1": 3}, [3])
        candidates[-1] = dataclasses.replace(candidates[-1], rank=1)
        for seed in range(30):
            form = draw_form(
                candidates=candidates, weights={"1": Decimal(1)}, scored_count=3, unscored_count=0, seed=seed
            )
            assert {item.version_id for item in form} == {1, 2, 3}


class TestDrill:
    @given(sizes=sizes, seed=st.integers(0, 2**32))
    def test_is_as_long_as_there_are_items(self, sizes: dict[str, int], seed: int) -> None:
        have = sum(sizes.values())
        if not have:
            with pytest.raises(NotEnoughItems):
                draw_drill(candidates=pool(sizes), most=10, seed=seed)
            return

        form = draw_drill(candidates=pool(sizes), most=10, seed=seed)

        assert len({item.version_id for item in form}) == len(form) == min(10, have)
        assert all(item.is_scored for item in form)

    @given(seed=st.integers(0, 2**32))
    def test_takes_unseen_then_missed_then_right_whatever_the_domain(self, seed: int) -> None:
        ranks = {1: 2, 2: 1, 3: 2, 4: 1, 5: 0, 6: 2, 7: 0, 8: 1}

        form = draw_drill(candidates=pool({"1": 3, "2": 3, "3": 2}, ranks=ranks), most=4, seed=seed)

        assert Counter(ranks[item.version_id] for item in form) == {0: 2, 1: 2}
